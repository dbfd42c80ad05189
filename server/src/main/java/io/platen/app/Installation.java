package io.platen.app;

import io.platen.config.DataDirectory;
import io.platen.database.Database;
import io.platen.model.Ids;
import io.platen.node.OwnFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * The id of this installation, by which it knows its own domains and networks among those of a
 * libvirt. Made once, and kept in the database. The data directory holds a copy, for a database
 * that is put back as it was before it had an id, or that is new.
 */
final class Installation {
  private static final String SETTING = "installation";

  private Installation() {}

  /** The id; made if there is none. */
  static String id(Database database, DataDirectory data) throws IOException {
    var known = known(database);
    String id = known.isPresent() ? known.get() : made(database, data.installation());
    write(data.installation(), id);
    return id;
  }

  /** The id in a database; empty where it has none yet. */
  static Optional<String> known(Database database) {
    return database.read(Installation::find);
  }

  private static String made(Database database, Path file) throws IOException {
    String copy = Files.exists(file) ? Files.readString(file).strip() : "";
    String fresh = Ids.isId(copy) ? copy : Ids.installation();
    return database.transaction(
        handle -> {
          // Two processes may start at once: the first to write wins.
          handle
              .createUpdate(
                  "INSERT INTO setting (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING")
              .bind("name", SETTING)
              .bind("value", fresh)
              .execute();
          return find(handle).orElseThrow();
        });
  }

  private static Optional<String> find(Handle handle) {
    return handle
        .createQuery("SELECT value FROM setting WHERE name = :name")
        .bind("name", SETTING)
        .mapTo(String.class)
        .findOne();
  }

  private static void write(Path file, String id) throws IOException {
    if (!Files.exists(file) || !Files.readString(file).strip().equals(id)) {
      OwnFile.write(file, id + "\n");
    }
  }
}
