package io.platen.network;

import io.platen.support.PrivatePostgres;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Addresses on PostgreSQL. */
final class PublicIpPostgresIT extends PublicIpProperties {
  @SuppressWarnings("NullAway.Init")
  private static PrivatePostgres postgres;

  @BeforeContainer
  static void openPostgres() throws Exception {
    postgres = PrivatePostgres.start();
    open(postgres.url());
  }

  @AfterContainer
  static void closePostgres() throws Exception {
    remove();
    postgres.remove();
  }
}
