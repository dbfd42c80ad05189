package io.platen.database;

import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * Which database this is.
 *
 * @param id random, made once; a copy of the database has the same
 * @param place what tells a database on PostgreSQL from its copies: the cluster's number and the
 *     database's in it; empty on SQLite
 */
public record DatabaseIdentity(String id, String place) {
  private static final String NAME = "database-id";

  /** The identity; empty where the database has none yet. */
  public static Optional<DatabaseIdentity> find(Handle handle, Dialect dialect) {
    return handle
        .createQuery(
            "SELECT value, %s AS place FROM setting WHERE name = :name".formatted(dialect.place()))
        .bind("name", NAME)
        .map((row, context) -> new DatabaseIdentity(row.getString("value"), row.getString("place")))
        .findOne();
  }

  /** The identity; made where the database has none yet. */
  public static DatabaseIdentity make(Handle handle, Dialect dialect) {
    // Two processes may start at once: the first to write wins.
    handle
        .createUpdate(
            "INSERT INTO setting (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING")
        .bind("name", NAME)
        .bind("value", UUID.randomUUID().toString())
        .execute();
    return find(handle, dialect).orElseThrow();
  }
}
