package io.platen.database;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Who works on a database, as the database has it.
 *
 * @param beat counts the signs of life
 * @param silence how long ago the last one was, by the database's clock; null where the claim was
 *     given up in order
 */
public record ClaimRow(Claimant holder, long beat, @Nullable Duration silence) {
  /** Whether the holder has ended, in order or not. */
  boolean hasEnded() {
    return silence == null || silence.compareTo(DatabaseClaim.SILENT) > 0;
  }

  /** Whether the database's clock was set back since the last sign of life, which says nothing. */
  boolean isAhead() {
    return silence != null && silence.isNegative();
  }

  /** The same of a holder that is known to have ended. */
  ClaimRow ended() {
    return new ClaimRow(holder, beat, DatabaseClaim.SILENT.plusSeconds(1));
  }

  /** The holder, in words. */
  public String words() {
    return "the data directory %s on the host %s (process %d), which %s"
        .formatted(holder.path(), holder.host(), holder.process(), sign());
  }

  private String sign() {
    if (silence == null) {
      return "was stopped in order";
    }
    return isAhead()
        ? "gave its last sign of life before the clock of the database was set back"
        : "gave its last sign of life %d s ago".formatted(silence.toSeconds());
  }

  /** The data directory that is the node of this name; empty where none ever was. */
  public static Optional<ClaimRow> find(Handle handle, Dialect dialect, String name) {
    return handle
        .createQuery(
            "SELECT directory_id, place, path, host, process, beat, dt_heartbeat, %s AS moment FROM node WHERE name = :name"
                .formatted(dialect.now()))
        .bind("name", name)
        .map(
            (row, context) -> {
              var holder =
                  new Claimant(
                      row.getString("directory_id"),
                      row.getString("place"),
                      row.getString("path"),
                      row.getString("host"),
                      row.getLong("process"));
              long beat = row.getLong("beat");
              long silence = row.getLong("moment") - row.getLong("dt_heartbeat");
              return new ClaimRow(holder, beat, row.wasNull() ? null : Duration.ofMillis(silence));
            })
        .findOne();
  }

  /**
   * As {@link #find(Handle, Dialect, String)}, the node of this configuration; empty also where the
   * schema is of a time before there were nodes.
   */
  public static Optional<ClaimRow> find(Database database) {
    return database.isSchemaAfter("59")
        ? database.read(handle -> find(handle, database.dialect(), database.node()))
        : Optional.empty();
  }

  /** Writes a new holder, who gives a sign of life. False where another process was first. */
  static boolean insert(Handle handle, Dialect dialect, String name, Claimant claimant) {
    return handle
            .createUpdate(
                """
                INSERT INTO node (name, store, directory_id, place, path, host, process, beat, dt_heartbeat)
                VALUES (:name, :name, :id, :place, :path, :host, :process, 0, %s)
                ON CONFLICT (name) DO NOTHING
                """
                    .formatted(dialect.now()))
            .bind("name", name)
            .bindMethods(claimant)
            .execute()
        == 1;
  }

  /**
   * Gives what is of no node, such as the rows of a database that was on SQLite, to the first node
   * of a database.
   */
  static void adopt(Handle handle, String name) {
    boolean isFirst =
        handle.createQuery("SELECT COUNT(*) FROM node").mapTo(Integer.class).one() == 1;
    if (!isFirst) {
      return;
    }
    adoptRows(handle, name);
    for (var table : List.of("capture_job", "machine_job", "power_job", "upkeep_job")) {
      handle.execute(
          "UPDATE "
              + table
              + " SET task_name = task_name || '@' || ? WHERE task_name NOT LIKE '%@%'",
          name);
    }
  }

  /** As {@link #adopt}, whatever nodes there are; jobs, which no dump holds, stay as they are. */
  public static void adoptRows(Handle handle, String name) {
    for (var table : List.of("machine", "event", "private_network", "public_ip")) {
      handle.execute("UPDATE " + table + " SET node = ? WHERE node = ''", name);
    }
    handle.execute("UPDATE template SET store = ? WHERE store = ''", name);
    for (var setting : List.of("store", "store-id")) {
      handle.execute("UPDATE setting SET name = ? WHERE name = ?", setting + "@" + name, setting);
    }
  }

  /** The name under which a directory is a node; empty where it is none. */
  static Optional<String> nameOf(Handle handle, Claimant claimant) {
    return handle
        .createQuery("SELECT name FROM node WHERE directory_id = :id")
        .bindMethods(claimant)
        .mapTo(String.class)
        .findOne();
  }

  /** As {@link #insert}, in this one's place. */
  boolean replace(Handle handle, Dialect dialect, String name, Claimant claimant) {
    return handle
            .createUpdate(
                """
                UPDATE node SET directory_id = :id, place = :place, path = :path, host = :host,
                  process = :process, beat = beat + 1, dt_heartbeat = %s
                WHERE name = :name AND beat = :beat AND directory_id = :holder
                """
                    .formatted(dialect.now()))
            .bindMethods(claimant)
            .bind("name", name)
            .bind("beat", beat)
            .bind("holder", holder.id())
            .execute()
        == 1;
  }

  /** Gives a sign of life. False where another one is the node. */
  static boolean beat(Handle handle, Dialect dialect, String name, Claimant claimant) {
    return update(handle, "beat = beat + 1, dt_heartbeat = " + dialect.now(), name, claimant);
  }

  /** Gives it up. */
  static boolean release(Handle handle, Dialect dialect, String name, Claimant claimant) {
    return update(handle, "dt_heartbeat = NULL, dt_stopped = " + dialect.now(), name, claimant);
  }

  private static boolean update(Handle handle, String change, String name, Claimant claimant) {
    return handle
            .createUpdate(
                "UPDATE node SET "
                    + change
                    + " WHERE name = :name AND directory_id = :id AND place = :place")
            .bind("name", name)
            .bindMethods(claimant)
            .execute()
        == 1;
  }

  /** Whether this one is the node. */
  static boolean isHeld(Handle handle, String name, Claimant claimant) {
    return handle
        .createQuery(
            """
            SELECT EXISTS (
              SELECT 1 FROM node WHERE name = :name AND directory_id = :id AND place = :place)
            """)
        .bind("name", name)
        .bindMethods(claimant)
        .mapTo(Boolean.class)
        .one();
  }
}
