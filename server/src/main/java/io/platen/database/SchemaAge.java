package io.platen.database;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Whether this version of Platen may work on a database beside the nodes that do: each change of
 * the schema leaves what the version before it needs, and no more. The database says the oldest
 * change that a node has to know, and each node the newest that it does.
 */
public final class SchemaAge {
  /**
   * The oldest version of the schema whose nodes work beside this version. To be raised when a
   * change takes away what the version before the last one needed.
   */
  static final int OLDEST = 60;

  private static final String SETTING = "oldest-schema";

  private SchemaAge() {}

  /**
   * Refuses a database that is too new for this version, and one whose nodes are too old for it.
   * Changes nothing.
   *
   * @throws IOException saying what to do
   */
  static void check(Database database) throws IOException {
    check(database, database.knownSchema(), OLDEST);
  }

  static void check(Database database, int known, int oldest) throws IOException {
    if (database.dialect() == Dialect.SQLITE || database.appliedSchema() < OLDEST) {
      return;
    }
    int needed = database.read(SchemaAge::needed);
    if (known < needed) {
      throw new IOException(
          "this version of Platen is too old for the database: it knows its schema up to %d, and the nodes that work on it need %d. Install their version"
              .formatted(known, needed));
    }
    List<String> old = database.read(handle -> older(handle, database, oldest));
    if (!old.isEmpty()) {
      throw new IOException(
          "this version of Platen is too new for nodes that work on the database: %s. Bring them to a version in between first, or stop them"
              .formatted(String.join(", ", old)));
    }
  }

  private static int needed(Handle handle) {
    Optional<String> value =
        handle
            .createQuery("SELECT value FROM setting WHERE name = :name")
            .bind("name", SETTING)
            .mapTo(String.class)
            .findOne();
    return value.map(Integer::parseInt).orElse(0);
  }

  private static List<String> older(Handle handle, Database database, int oldest) {
    return handle
        .createQuery(
            """
            SELECT name || ' (version ' || version || ')' FROM node
            WHERE schema_version > 0 AND schema_version < :oldest AND name <> :own
              AND dt_heartbeat >= %s - :silent ORDER BY name
            """
                .formatted(database.dialect().now()))
        .bind("oldest", oldest)
        .bind("own", database.node())
        .bind("silent", DatabaseClaim.SILENT.toMillis())
        .mapTo(String.class)
        .list();
  }

  /** Has the database remember what its nodes have to know from now on. */
  static void remember(Database database) {
    if (database.dialect() == Dialect.SQLITE) {
      return;
    }
    database.change(
        handle -> {
          if (needed(handle) < OLDEST) {
            handle
                .createUpdate(
                    """
                    INSERT INTO setting (name, value) VALUES (:name, :value)
                    ON CONFLICT (name) DO UPDATE SET value = excluded.value
                    """)
                .bind("name", SETTING)
                .bind("value", Integer.toString(OLDEST))
                .execute();
          }
        });
  }
}
