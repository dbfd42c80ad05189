package io.platen.app;

import io.platen.database.Database;
import java.security.SecureRandom;
import java.util.Base64;

/** Secrets of the server, made once and kept in its database. */
final class Secrets {
  private static final int BYTES = 32;

  private Secrets() {}

  /** The secret that cursors are signed with. */
  static byte[] cursor(Database database) {
    var existing = database.read(handle -> find(handle));
    if (existing.isPresent()) {
      return Base64.getDecoder().decode(existing.get());
    }
    byte[] fresh = new byte[BYTES];
    new SecureRandom().nextBytes(fresh);
    String text = Base64.getEncoder().encodeToString(fresh);
    return database.transaction(
        handle -> {
          // Two processes may start at once: the first to write wins.
          handle
              .createUpdate(
                  "INSERT INTO setting (name, value) VALUES ('cursor-secret', :value) ON CONFLICT (name) DO NOTHING")
              .bind("value", text)
              .execute();
          return Base64.getDecoder().decode(find(handle).orElseThrow());
        });
  }

  private static java.util.Optional<String> find(org.jdbi.v3.core.Handle handle) {
    return handle
        .createQuery("SELECT value FROM setting WHERE name = 'cursor-secret'")
        .mapTo(String.class)
        .findOne();
  }
}
