package io.platen.snapshot;

import io.platen.database.Queries;
import io.platen.machine.Machine;
import io.platen.model.Ids;
import io.platen.model.ObjectName;
import io.platen.paging.Cursors;
import io.platen.paging.Filter;
import io.platen.paging.ListRequest;
import io.platen.paging.Page;
import io.platen.paging.PageQuery;
import io.platen.paging.SortKey;
import io.platen.paging.SortKeyHistory;
import io.platen.template.EarlierCapture;
import io.platen.template.ManifestChanges;
import io.platen.template.TemplateState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots in the database: rows of the table of templates. That their capture is complete, has
 * failed, or lost a chunk is written by {@link io.platen.template.TemplateRepository}.
 */
public final class SnapshotRepository {
  private static final String NAME_MOVES = "snapshot.name";

  /** What a snapshot is read of; see {@link PageQuery#columns}. */
  private static final String COLUMNS =
      """
      id, team_id, parent_machine_id, name, state, is_auto, is_fresh, disk_bytes, index_digest, dt_created""";

  private final PageQuery<Snapshot> pages;

  public SnapshotRepository(Cursors cursors) {
    pages =
        new PageQuery<>(
            "template",
            PageQuery.columns(COLUMNS),
            Map.of(
                "dtCreated", SortKey.time("dt_created"),
                "name", SortKey.movingText("name", NAME_MOVES)),
            row -> map(row.result()),
            cursors);
  }

  private static Snapshot map(ResultSet row) throws SQLException {
    return new Snapshot(
        row.getString("id"),
        row.getString("team_id"),
        row.getString("parent_machine_id"),
        row.getString("name"),
        TemplateState.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
        row.getInt("is_auto") == 1,
        row.getInt("is_fresh") == 1,
        row.getLong("disk_bytes"),
        row.getString("index_digest"),
        Instant.ofEpochMilli(row.getLong("dt_created")));
  }

  Page<Snapshot> list(Queries queries, ListRequest request, List<Filter> filters) {
    return pages.fetch(queries, request, filters);
  }

  /** A snapshot that is not deleted, whoever it belongs to. */
  public Optional<Snapshot> find(Handle handle, String id) {
    if (!Ids.isId(id)) {
      return Optional.empty();
    }
    return handle
        .createQuery(
            "SELECT "
                + COLUMNS
                + " FROM template WHERE id = :id AND is_snapshot = 1 AND dt_deleted IS NULL")
        .bind("id", id)
        .map((row, context) -> map(row))
        .findOne();
  }

  /** A snapshot that is deleted, whoever it belonged to, and can be undeleted. */
  Optional<Snapshot> findDeleted(Handle handle, String id) {
    if (!Ids.isId(id)) {
      return Optional.empty();
    }
    return handle
        .createQuery(
            """
            SELECT %s FROM template
            WHERE id = :id AND is_snapshot = 1 AND dt_deleted IS NOT NULL AND dt_purged IS NULL
            """
                .formatted(COLUMNS))
        .bind("id", id)
        .map((row, context) -> map(row))
        .findOne();
  }

  /** Has a snapshot count as one that no schedule took, so that none removes it. */
  void takeFromSchedule(Handle handle, String id) {
    handle.createUpdate("UPDATE template SET is_auto = 0 WHERE id = :id").bind("id", id).execute();
  }

  /** As {@link #find(Handle, String)}, for clients that poll. */
  Optional<Snapshot> find(Queries queries, String id) {
    return Ids.isId(id)
        ? queries.find(
            "SELECT "
                + COLUMNS
                + " FROM template WHERE id = ? AND is_snapshot = 1 AND dt_deleted IS NULL",
            List.of(id),
            row -> map(row.result()))
        : Optional.empty();
  }

  /** As {@link #find(Handle, String)}; no other transaction changes it before this one ends. */
  Optional<Snapshot> lock(Handle handle, String id) {
    handle
        .createUpdate("UPDATE template SET dt_created = dt_created WHERE id = :id")
        .bind("id", id)
        .execute();
    return find(handle, id);
  }

  /**
   * Writes a snapshot whose capture begins.
   *
   * @param restoreEvent the restore that takes it before it changes anything; null for none
   */
  void insert(Handle handle, Snapshot snapshot, Machine machine, @Nullable String restoreEvent) {
    handle
        .createUpdate(
            """
            INSERT INTO template (id, team_id, parent_machine_id, name, name_folded, state, agent_type,
              os_label, region, architecture, firmware, disk_bytes, is_snapshot, is_auto, restore_event_id,
              store, dt_created, parent_template_id)
            VALUES (:id, :team, :machine, :name, :folded, 'capturing', :agent,
              :os, :region, :architecture, :firmware, :bytes, 1, :auto, :restore,
              COALESCE((SELECT n.store FROM machine m JOIN node n ON n.name = m.node WHERE m.id = :machine), ''),
              :created,
              (SELECT base_template_id FROM machine WHERE id = :machine))
            """)
        .bind("id", snapshot.id())
        .bind("team", snapshot.teamId())
        .bind("machine", snapshot.machineId())
        .bind("name", snapshot.name())
        .bind("folded", ObjectName.fold(snapshot.name()))
        .bind("agent", machine.os().agentType())
        .bind("os", machine.os().label())
        .bind("region", machine.region())
        .bind("architecture", machine.os().architecture())
        .bind("firmware", machine.os().firmware())
        .bind("bytes", snapshot.diskBytes())
        .bind("auto", snapshot.isAuto() ? 1 : 0)
        .bind("restore", restoreEvent)
        .bind("created", snapshot.dtCreated().toEpochMilli())
        .execute();
  }

  /** The snapshot that a restore takes first, unless it is deleted. */
  Optional<Snapshot> takenBy(Handle handle, String restoreEvent) {
    return handle
        .createQuery(
            """
            SELECT %s FROM template
            WHERE restore_event_id = :event AND is_snapshot = 1 AND dt_deleted IS NULL
            """
                .formatted(COLUMNS))
        .bind("event", restoreEvent)
        .map((row, context) -> map(row))
        .findOne();
  }

  /** Notes that the disk had no identity of its own when it was captured. */
  void noteFresh(Handle handle, String id) {
    handle.createUpdate("UPDATE template SET is_fresh = 1 WHERE id = :id").bind("id", id).execute();
  }

  /**
   * Notes what a later capture of the machine may tell from what was written since.
   *
   * @param print what the files of the disk were; see {@link io.platen.disk.OpenDisk#print}
   * @param bitmap the dirty bitmap that was begun with it
   */
  void noteDisk(Handle handle, String id, @Nullable String print, @Nullable String bitmap) {
    handle
        .createUpdate(
            "UPDATE template SET disk_print = :print, disk_bitmap = :bitmap WHERE id = :id")
        .bind("id", id)
        .bind("print", print)
        .bind("bitmap", bitmap)
        .execute();
  }

  /**
   * The newest snapshots of a machine that are whole and of which it is known what was written
   * since, newest first: some, since of the newest one that may have been lost.
   */
  List<EarlierCapture> earlier(Handle handle, String machineId) {
    return handle
        .createQuery(
            """
            SELECT id, disk_bytes, disk_print, disk_bitmap FROM template
            WHERE parent_machine_id = :machine AND is_snapshot = 1 AND state = 'available'
              AND dt_deleted IS NULL AND (disk_print IS NOT NULL OR disk_bitmap IS NOT NULL)
            ORDER BY dt_created DESC, id DESC LIMIT 16
            """)
        .bind("machine", machineId)
        .map(
            (row, context) ->
                new EarlierCapture(
                    row.getString("id"),
                    row.getLong("disk_bytes"),
                    row.getString("disk_print"),
                    row.getString("disk_bitmap")))
        .list();
  }

  /**
   * Renames a snapshot that is not deleted.
   *
   * @param version from {@link SortKeyHistory#begin} in the same transaction
   */
  void rename(Handle handle, long version, Snapshot snapshot, String name, Instant now) {
    SortKeyHistory.record(
        handle, snapshot.teamId(), version, NAME_MOVES, snapshot.id(), snapshot.name(), now);
    handle
        .createUpdate(
            "UPDATE template SET name = :name, name_folded = :folded WHERE id = :id AND dt_deleted IS NULL")
        .bind("id", snapshot.id())
        .bind("name", name)
        .bind("folded", ObjectName.fold(name))
        .execute();
    ManifestChanges.changed(handle, snapshot.id());
  }

  /** Snapshots of a machine that are being captured. */
  List<Snapshot> underWay(Handle handle, String machineId) {
    return handle
        .createQuery(
            """
            SELECT %s FROM template WHERE parent_machine_id = :machine AND is_snapshot = 1
              AND state = 'capturing' AND dt_deleted IS NULL
            """
                .formatted(COLUMNS))
        .bind("machine", machineId)
        .map((row, context) -> map(row))
        .list();
  }

  /**
   * The automatic snapshots of a machine that are complete, damaged ones among them, newest first.
   */
  List<Snapshot> automatic(Handle handle, String machineId) {
    return handle
        .createQuery(
            """
            SELECT %s FROM template WHERE parent_machine_id = :machine AND is_snapshot = 1 AND is_auto = 1
              AND index_digest IS NOT NULL AND dt_deleted IS NULL
            ORDER BY dt_created DESC, id DESC
            """
                .formatted(COLUMNS))
        .bind("machine", machineId)
        .map((row, context) -> map(row))
        .list();
  }

  /** All ids that snapshots of these machines have or had. */
  public List<String> idsOf(Handle handle, List<String> machineIds) {
    return machineIds.isEmpty()
        ? List.of()
        : handle
            .createQuery(
                "SELECT id FROM template WHERE parent_machine_id IN (<machines>) AND is_snapshot = 1")
            .bindList("machines", machineIds)
            .mapTo(String.class)
            .list();
  }
}
