package io.platen.startupscript;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

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

/** Startup scripts in the database, and which machine has which. */
public final class StartupScriptRepository {
  static final String NAME_MOVES = "startup_script.name";

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
            "SELECT * FROM startup_script WHERE id = :id AND team_id = :team AND dt_deleted IS NULL")
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

  /** Deletes a script, and takes it from the machines that have it. */
  void delete(Handle handle, String id, Instant now) {
    handle
        .createUpdate("UPDATE machine SET startup_script_id = NULL WHERE startup_script_id = :id")
        .bind("id", id)
        .execute();
    handle
        .createUpdate("UPDATE startup_script SET dt_deleted = :now WHERE id = :id")
        .bind("id", id)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  /** The machines that have these scripts, by script; none for those that no machine has. */
  Map<String, List<String>> machines(Handle handle, List<String> ids) {
    if (ids.isEmpty()) {
      return Map.of();
    }
    return handle
        .createQuery(
            """
            SELECT startup_script_id, id FROM machine
            WHERE startup_script_id IN (<ids>) AND dt_deleted IS NULL ORDER BY id
            """)
        .bindList("ids", ids)
        .map((row, context) -> Map.entry(row.getString("startup_script_id"), row.getString("id")))
        .collect(groupingBy(Map.Entry::getKey, mapping(Map.Entry::getValue, toList())));
  }

  /**
   * A team's machine as far as scripts are concerned.
   *
   * @param isAdopted whether its domain, if it has one, is not described here
   */
  record Runner(String agentType, boolean isAdopted) {}

  Optional<Runner> runner(Handle handle, String teamId, String machineId) {
    if (!Ids.isId(machineId)) {
      return Optional.empty();
    }
    return handle
        .createQuery(
            """
            SELECT agent_type, base_template_id FROM machine
            WHERE id = :machine AND team_id = :team AND dt_deleted IS NULL
            """)
        .bind("machine", machineId)
        .bind("team", teamId)
        .map(
            (row, context) ->
                new Runner(row.getString("agent_type"), row.getString("base_template_id") == null))
        .findOne();
  }

  /** Gives a script to a team's machine, instead of the one it may have. False without one. */
  boolean assign(Handle handle, String teamId, String id, String machineId) {
    return handle
            .createUpdate(
                """
                UPDATE machine SET startup_script_id = :id
                WHERE id = :machine AND team_id = :team AND dt_deleted IS NULL
                """)
            .bind("id", id)
            .bind("machine", machineId)
            .bind("team", teamId)
            .execute()
        == 1;
  }

  /** Takes a script from a team's machine. False where it does not have it. */
  boolean unassign(Handle handle, String teamId, String id, String machineId) {
    return handle
            .createUpdate(
                """
                UPDATE machine SET startup_script_id = NULL
                WHERE id = :machine AND team_id = :team AND startup_script_id = :id AND dt_deleted IS NULL
                """)
            .bind("id", id)
            .bind("machine", machineId)
            .bind("team", teamId)
            .execute()
        == 1;
  }
}
