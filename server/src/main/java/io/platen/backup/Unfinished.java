package io.platen.backup;

import io.platen.config.DataDirectory;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * What was under way when a dump was made. Its job is not in the dump, and how it ended is not
 * known: so its event ends with an error, and whatever it may have made since is left as it is.
 */
public final class Unfinished {
  private Unfinished() {}

  /**
   * What was settled.
   *
   * @param events how many have ended
   * @param templates that were being captured: the database does not know them, and their indexes
   *     and chunks stay, should they be there
   * @param machines that were being launched: the database does not know them, and their disks
   *     stay, should they be there
   */
  public record Settled(int events, List<String> templates, List<String> machines) {}

  /** Settles what the rows of a dump take for under way, in the caller's transaction. */
  static Settled settle(Handle handle, DataDirectory data, DumpHeader header, Instant now) {
    var templates =
        handle
            .createQuery(
                "SELECT id FROM template WHERE state = 'capturing' AND dt_deleted IS NULL ORDER BY id")
            .mapTo(String.class)
            .list();
    templates.forEach(id -> forget(handle, "template", id, now));
    var machines = new ArrayList<String>();
    for (var id : launches(handle)) {
      if (!Files.exists(data.machineLaunched(id))) {
        handle.execute("DELETE FROM public_ip WHERE launch_id = ?", id);
        forget(handle, "machine", id, now);
        machines.add(id);
      }
    }
    // Whether they run is seen by the watch, within seconds.
    handle.execute(
        """
        UPDATE machine SET state = 'off'
        WHERE dt_deleted IS NULL AND state NOT IN ('off', 'ready', 'serviceready')
        """);
    int events =
        handle
            .createUpdate(
                """
                UPDATE event SET state = 'error', error = :error, dt_finished = :now
                WHERE dt_finished IS NULL
                """)
            .bind(
                "error",
                "The database was restored from a dump of %s, when this was under way. What became of it is not known; ask for it again."
                    .formatted(header.made()))
            .bind("now", now.toEpochMilli())
            .execute();
    return new Settled(events, templates, List.copyOf(machines));
  }

  private static List<String> launches(Handle handle) {
    return handle
        .createQuery(
            """
            SELECT m.id FROM machine m WHERE m.dt_deleted IS NULL AND EXISTS (
              SELECT 1 FROM event e
              WHERE e.machine_id = m.id AND e.name = 'create' AND e.dt_finished IS NULL)
            ORDER BY m.id
            """)
        .mapTo(String.class)
        .list();
  }

  /**
   * Removes a row: neither present nor deleted, so that nothing is done to what it was about. The
   * search index of SQLite forgets names when their row is recorded as deleted.
   */
  private static void forget(Handle handle, String table, String id, Instant now) {
    handle.execute("UPDATE " + table + " SET dt_deleted = ? WHERE id = ?", now.toEpochMilli(), id);
    handle.execute("DELETE FROM " + table + " WHERE id = ?", id);
  }
}
