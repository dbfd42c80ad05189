package io.platen.startupscript;

import io.platen.database.Queries;
import io.platen.database.Timestamps;
import io.platen.model.Ids;
import io.platen.model.ObjectName;
import io.platen.paging.Cursors;
import io.platen.paging.Filter;
import io.platen.paging.ListRequest;
import io.platen.paging.Page;
import io.platen.paging.PageQuery;
import io.platen.paging.SortKey;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlStatement;

/** Startup scripts in the database; {@link ScriptMachines} knows which machine has which. */
public final class StartupScriptRepository {
  static final String NAME_MOVES = "startup_script.name";

  /** What a script is read of; see {@link PageQuery#columns}. */
  private static final String COLUMNS =
      """
      id, team_id, name, description, script, is_enabled, is_run_once, dt_created, dt_deleted""";

  /** The texts of a page could be 7 MiB, and no list shows them. */
  private static final String LISTED =
      "o.id, o.team_id, o.name, o.description, '' AS script, o.is_enabled, o.is_run_once, o.dt_created, o.dt_deleted";

  private final PageQuery<StartupScript> pages;

  public StartupScriptRepository(Cursors cursors) {
    pages =
        new PageQuery<>(
            "startup_script",
            LISTED,
            Map.of(
                "dtCreated", SortKey.time("dt_created"),
                "name", SortKey.movingText("name", NAME_MOVES)),
            row -> map(row.result()),
            cursors);
  }

  private static StartupScript map(ResultSet row) throws SQLException {
    return new StartupScript(
        row.getString("id"),
        row.getString("team_id"),
        row.getString("name"),
        row.getString("description"),
        row.getString("script"),
        row.getInt("is_enabled") == 1,
        row.getInt("is_run_once") == 1,
        Instant.ofEpochMilli(row.getLong("dt_created")),
        Timestamps.orNull(row, "dt_deleted"));
  }

  /** A page of scripts without their texts. */
  Page<StartupScript> list(Queries queries, ListRequest request, List<Filter> filters) {
    return pages.fetch(queries, request, filters);
  }

  /** A team's script that is not deleted. */
  public Optional<StartupScript> find(Handle handle, String teamId, String id) {
    if (!Ids.isId(id)) {
      return Optional.empty();
    }
    return handle
        .createQuery(
            "SELECT "
                + COLUMNS
                + " FROM startup_script WHERE id = :id AND team_id = :team AND dt_deleted IS NULL")
        .bind("id", id)
        .bind("team", teamId)
        .map((row, context) -> map(row))
        .findOne();
  }

  private static <S extends SqlStatement<S>> S bind(S statement, StartupScript script) {
    return statement
        .bind("id", script.id())
        .bind("name", script.name())
        .bind("folded", ObjectName.fold(script.name()))
        .bind("description", script.description())
        .bind("script", script.script())
        .bind("enabled", script.isEnabled() ? 1 : 0)
        .bind("once", script.isRunOnce() ? 1 : 0);
  }

  void insert(Handle handle, StartupScript script) {
    bind(
            handle.createUpdate(
                """
                INSERT INTO startup_script (id, team_id, name, name_folded, description, script, is_enabled,
                  is_run_once, dt_created)
                VALUES (:id, :team, :name, :folded, :description, :script, :enabled, :once, :created)
                """),
            script)
        .bind("team", script.teamId())
        .bind("created", script.dtCreated().toEpochMilli())
        .execute();
  }

  void update(Handle handle, StartupScript script) {
    bind(
            handle.createUpdate(
                """
                UPDATE startup_script SET name = :name, name_folded = :folded, description = :description,
                  script = :script, is_enabled = :enabled, is_run_once = :once
                WHERE id = :id
                """),
            script)
        .execute();
  }

  void delete(Handle handle, String id, Instant now) {
    handle
        .createUpdate("UPDATE startup_script SET dt_deleted = :now WHERE id = :id")
        .bind("id", id)
        .bind("now", now.toEpochMilli())
        .execute();
  }
}
