package io.platen.upkeep;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Requests for upkeep in the database. */
public final class UpkeepRepository {
  private static UpkeepRequest map(ResultSet row) throws SQLException {
    return new UpkeepRequest(
        row.getString("id"),
        UpkeepRequest.Kind.valueOf(row.getString("kind").toUpperCase(Locale.ROOT)),
        row.getInt("dry_run") != 0,
        row.getString("template_id"),
        row.getLong("done"),
        row.getLong("total"),
        row.getString("report"),
        row.getString("error"));
  }

  /** What a request is read of, whatever columns a later version adds. */
  private static final String COLUMNS =
      """
      id, kind, dry_run, template_id, done, total, report, error""";

  Optional<UpkeepRequest> find(Handle handle, String id) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM upkeep_request WHERE id = :id")
        .bind("id", id)
        .map((row, context) -> map(row))
        .findOne();
  }

  void insert(Handle handle, UpkeepRequest request, Instant now) {
    handle
        .createUpdate(
            """
            INSERT INTO upkeep_request (id, kind, dry_run, template_id, dt_created)
            VALUES (:id, :kind, :dry, :template, :created)
            """)
        .bind("id", request.id())
        .bind("kind", request.kind().name().toLowerCase(Locale.ROOT))
        .bind("dry", request.dryRun() ? 1 : 0)
        .bind("template", request.templateId())
        .bind("created", now.toEpochMilli())
        .execute();
  }

  void progress(Handle handle, String id, long done, long total) {
    handle
        .createUpdate(
            "UPDATE upkeep_request SET done = :done, total = :total WHERE id = :id AND dt_finished IS NULL")
        .bind("id", id)
        .bind("done", done)
        .bind("total", total)
        .execute();
  }

  /** Ends a request, with either a report or an error. */
  void end(Handle handle, String id, @Nullable String report, @Nullable String error, Instant now) {
    handle
        .createUpdate(
            """
            UPDATE upkeep_request SET report = :report, error = :error, dt_finished = :now
            WHERE id = :id AND dt_finished IS NULL
            """)
        .bind("id", id)
        .bind("report", report)
        .bind("error", error)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  void removeFinishedBefore(Handle handle, Instant when) {
    handle
        .createUpdate("DELETE FROM upkeep_request WHERE dt_finished < :when")
        .bind("when", when.toEpochMilli())
        .execute();
  }
}
