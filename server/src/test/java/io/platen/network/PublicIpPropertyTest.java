package io.platen.network;

import java.io.IOException;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Addresses on SQLite. */
final class PublicIpPropertyTest extends PublicIpProperties {
  @BeforeContainer
  static void openSqlite() throws IOException {
    open("");
  }

  @AfterContainer
  static void closeSqlite() throws IOException {
    remove();
  }
}
