package io.platen.machine;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The columns of machines that say what is done with them unasked. */
public final class AutomationRows {
  private AutomationRows() {}

  static Automation map(ResultSet row) throws SQLException {
    String frequency = row.getString("auto_snapshot_frequency");
    var force = integer(row, "auto_shutdown_force");
    return new Automation(
        new Automation.Snapshots(
            row.getInt("auto_snapshot_enabled") == 1,
            frequency == null ? null : SnapshotFrequency.of(frequency).orElseThrow(),
            integer(row, "auto_snapshot_save_count")),
        new Automation.Shutdown(
            row.getInt("auto_shutdown_enabled") == 1,
            integer(row, "auto_shutdown_timeout"),
            force == null ? null : force == 1));
  }

  private static @Nullable Integer integer(ResultSet row, String column) throws SQLException {
    int value = row.getInt(column);
    return row.wasNull() ? null : value;
  }

  /** Writes what a machine has from its launch on. */
  public static void launched(
      Handle handle, String id, Automation automation, boolean takesSnapshot, Instant now) {
    if (!automation.equals(Automation.NONE)) {
      change(handle, id, automation.snapshots(), now);
      change(handle, id, automation.shutdown(), now);
    }
    if (takesSnapshot) {
      handle
          .createUpdate("UPDATE machine SET initial_snapshot = 1 WHERE id = :id")
          .bind("id", id)
          .execute();
    }
  }

  /** Changes when snapshots are taken of a machine. */
  static void change(Handle handle, String id, Automation.Snapshots snapshots, Instant now) {
    var frequency = snapshots.frequency();
    handle
        .createUpdate(
            """
            UPDATE machine SET auto_snapshot_enabled = :enabled, auto_snapshot_frequency = :frequency,
              auto_snapshot_save_count = :count, dt_modified = :now
            WHERE id = :id
            """)
        .bind("id", id)
        .bind("enabled", snapshots.isEnabled() ? 1 : 0)
        .bind("frequency", frequency == null ? null : frequency.label())
        .bind("count", snapshots.saveCount())
        .bind("now", now.toEpochMilli())
        .execute();
    due(handle, id, snapshots.firstDue(id, now));
  }

  /** Changes when a machine is shut down; the time that it may run, or be idle, counts from now. */
  static void change(Handle handle, String id, Automation.Shutdown shutdown, Instant now) {
    Boolean force = shutdown.force();
    handle
        .createUpdate(
            """
            UPDATE machine SET auto_shutdown_enabled = :enabled, auto_shutdown_timeout = :hours,
              auto_shutdown_force = :force, dt_modified = :now, idle_since = NULL,
              running_since = CASE WHEN running_since IS NULL THEN NULL ELSE :now END
            WHERE id = :id
            """)
        .bind("id", id)
        .bind("enabled", shutdown.isEnabled() ? 1 : 0)
        .bind("hours", shutdown.hours())
        .bind("force", force == null ? null : force ? 1 : 0)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  /** Notes when the next snapshot of a machine is to be begun; null for never. */
  public static void due(Handle handle, String id, @Nullable Instant due) {
    handle
        .createUpdate("UPDATE machine SET auto_snapshot_due = :due WHERE id = :id")
        .bind("id", id)
        .bind("due", due == null ? null : due.toEpochMilli())
        .execute();
  }

  /** Has the next snapshot of a machine be begun at this time at the latest, if any is. */
  public static void dueBy(Handle handle, String id, Instant latest) {
    handle
        .createUpdate(
            "UPDATE machine SET auto_snapshot_due = :latest WHERE id = :id AND auto_snapshot_due > :latest")
        .bind("id", id)
        .bind("latest", latest.toEpochMilli())
        .execute();
  }

  /**
   * Machines of a node of which a snapshot is to be begun, those that wait longest first.
   *
   * @param limit at most so many
   */
  public static List<String> due(Handle handle, String node, Instant now, int limit) {
    return handle
        .createQuery(
            """
            SELECT id FROM machine WHERE auto_snapshot_due <= :now AND auto_snapshot_due IS NOT NULL
              AND dt_deleted IS NULL AND node = :node
            ORDER BY auto_snapshot_due, id LIMIT :limit
            """)
        .bind("now", now.toEpochMilli())
        .bind("node", node)
        .bind("limit", limit)
        .mapTo(String.class)
        .list();
  }

  /**
   * The next snapshots of a node's machines that are so far ahead that no schedule has them then:
   * the clock was ahead when they were noted. They are moved to the next time that the machine has.
   *
   * @return the machines
   */
  public static List<String> bringNearer(Handle handle, String node, Instant now) {
    var moved = new ArrayList<String>();
    for (var frequency : SnapshotFrequency.values()) {
      var far =
          handle
              .createQuery(
                  """
                  SELECT id FROM machine WHERE auto_snapshot_due >= :limit AND auto_snapshot_frequency = :frequency
                    AND dt_deleted IS NULL AND node = :node ORDER BY id
                  """)
              .bind("limit", frequency.limit(now).toEpochMilli())
              .bind("frequency", frequency.label())
              .bind("node", node)
              .mapTo(String.class)
              .list();
      far.forEach(id -> due(handle, id, frequency.after(id, now)));
      moved.addAll(far);
    }
    return moved;
  }

  /** Whether a snapshot of this machine is still to be begun. */
  public static boolean isDue(Handle handle, String id, Instant now) {
    return handle
        .createQuery(
            """
            SELECT EXISTS (
              SELECT 1 FROM machine WHERE id = :id AND auto_snapshot_due <= :now AND dt_deleted IS NULL)
            """)
        .bind("id", id)
        .bind("now", now.toEpochMilli())
        .mapTo(Boolean.class)
        .one();
  }

  /** Takes the wish for a snapshot after the launch. False where there is none. */
  public static boolean takeInitialSnapshot(Handle handle, String id) {
    return handle
            .createUpdate(
                "UPDATE machine SET initial_snapshot = 0 WHERE id = :id AND initial_snapshot = 1")
            .bind("id", id)
            .execute()
        == 1;
  }
}
