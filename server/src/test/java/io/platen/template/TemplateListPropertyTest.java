package io.platen.template;

import java.io.IOException;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Lists on SQLite. */
final class TemplateListPropertyTest extends TemplateListProperties {
  @BeforeContainer
  static void openSqlite() throws IOException {
    open("");
  }

  @AfterContainer
  static void closeSqlite() throws IOException {
    remove();
  }
}
