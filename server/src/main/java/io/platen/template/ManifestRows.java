package io.platen.template;

import io.platen.database.Row;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What the database knows of a template, as its manifest tells it. */
final class ManifestRows {
  private ManifestRows() {}

  /**
   * What the manifest of a template is to say now; empty where the database has no row of it.
   * Whether it is to be there at all is for the caller to say: a template may not be complete.
   */
  static Optional<Manifest> find(Handle handle, String templateId) {
    return handle
        .createQuery(
            """
            SELECT t.id, t.team_id, t.manifest_number, t.name, t.os_label, t.agent_type, t.architecture,
              t.firmware, t.region, t.disk_bytes, t.index_digest, t.parent_machine_id, t.parent_template_id,
              t.is_snapshot, t.is_protected, t.is_auto, t.is_fresh, t.dt_created, t.dt_deleted, t.dt_purged,
              team.name AS team_name
            FROM template t
            LEFT JOIN team ON team.id = t.team_id WHERE t.id = :id
            """)
        .bind("id", templateId)
        .map((row, context) -> map(row))
        .findOne();
  }

  private static Manifest map(ResultSet result) throws SQLException {
    var row = Row.of(result);
    var deleted = row.timeOrNull("dt_deleted");
    var purged = row.timeOrNull("dt_purged");
    return new Manifest(
        row.text("id"),
        row.number("manifest_number"),
        state(deleted, purged),
        kind(row),
        row.text("name"),
        team(row),
        new Manifest.Os(
            row.text("os_label"),
            row.text("agent_type"),
            row.text("architecture"),
            row.text("firmware")),
        row.text("region"),
        row.number("disk_bytes"),
        row.textOrNull("index_digest"),
        row.textOrNull("parent_machine_id"),
        row.textOrNull("parent_template_id"),
        row.number("is_protected") == 1,
        row.number("is_auto") == 1,
        row.number("is_fresh") == 1,
        row.time("dt_created"),
        deleted,
        purged);
  }

  /** What a template is by these columns. */
  static Manifest.State state(@Nullable Instant deleted, @Nullable Instant purged) {
    if (purged != null) {
      return Manifest.State.PURGED;
    }
    return deleted == null ? Manifest.State.AVAILABLE : Manifest.State.DELETED;
  }

  private static Manifest.Kind kind(Row row) throws SQLException {
    if (row.number("is_snapshot") == 1) {
      return Manifest.Kind.SNAPSHOT;
    }
    return row.textOrNull("team_id") == null ? Manifest.Kind.OS : Manifest.Kind.CUSTOM;
  }

  private static Manifest.@Nullable Team team(Row row) throws SQLException {
    String id = row.textOrNull("team_id");
    return id == null ? null : new Manifest.Team(id, row.text("team_name"));
  }
}
