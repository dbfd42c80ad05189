package io.platen.startupscript;

import io.platen.database.Database;
import io.platen.model.Ids;
import io.platen.model.Refusal;
import io.platen.paging.Filter;
import io.platen.paging.ListRequest;
import io.platen.paging.Page;
import io.platen.paging.SortKeyHistory;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The rules of startup scripts. A change is seen by machines when they are next started. */
public final class StartupScriptService {
  private final Database database;
  private final StartupScriptRepository scripts;
  private final ScriptMachines machines;
  private final InstantSource clock;

  public StartupScriptService(
      Database database,
      StartupScriptRepository scripts,
      ScriptMachines machines,
      InstantSource clock) {
    this.database = database;
    this.scripts = scripts;
    this.machines = machines;
    this.clock = clock;
  }

  /** A script, and the machines that have it. */
  public record Assigned(StartupScript script, List<String> machineIds) {
    public Assigned {
      machineIds = List.copyOf(machineIds);
    }
  }

  /** What a script is to be; empty for what is to stay, or to be as usual. */
  public record Content(
      Optional<String> name,
      Optional<String> description,
      Optional<String> script,
      Optional<Boolean> isEnabled,
      Optional<Boolean> isRunOnce) {}

  public Page<Assigned> list(ListRequest request, Optional<String> name) {
    var filters = new ArrayList<Filter>();
    filters.add(Filter.equal("team_id", request.teamId()));
    filters.add(Filter.that("o.dt_deleted IS NULL"));
    name.ifPresent(text -> filters.add(Filter.nameContains(text)));
    var page = database.query(queries -> scripts.list(queries, request, filters));
    var ids = page.items().stream().map(StartupScript::id).toList();
    var having = database.read(handle -> machines.having(handle, ids));
    return page.map(script -> new Assigned(script, having.getOrDefault(script.id(), List.of())));
  }

  private Assigned assigned(Handle handle, StartupScript script) {
    String id = script.id();
    return new Assigned(script, machines.having(handle, List.of(id)).getOrDefault(id, List.of()));
  }

  private StartupScript require(Handle handle, String teamId, String id) {
    return scripts
        .find(handle, teamId, id)
        .orElseThrow(() -> Refusal.notFound("startup script", id));
  }

  /**
   * A team's script.
   *
   * @throws Refusal NOT_FOUND where the team has no such script
   */
  public Assigned get(String teamId, String id) {
    return database.read(handle -> assigned(handle, require(handle, teamId, id)));
  }

  /** Makes a script, in the caller's transaction. */
  public Assigned create(Handle handle, String teamId, Content content) {
    var script =
        new StartupScript(
            Ids.startupScript(),
            teamId,
            content.name().orElseThrow(),
            content.description().orElse(null),
            content.script().orElseThrow(),
            content.isEnabled().orElse(true),
            content.isRunOnce().orElse(false),
            now(),
            null);
    scripts.insert(handle, script);
    return new Assigned(script, List.of());
  }

  public Assigned update(String teamId, String id, Content content) {
    return database.transaction(
        handle -> {
          long version = SortKeyHistory.begin(handle, teamId);
          var before = require(handle, teamId, id);
          var after =
              new StartupScript(
                  id,
                  teamId,
                  content.name().orElse(before.name()),
                  content.description().orElse(before.description()),
                  content.script().orElse(before.script()),
                  content.isEnabled().orElse(before.isEnabled()),
                  content.isRunOnce().orElse(before.isRunOnce()),
                  before.dtCreated(),
                  null);
          if (!after.name().equals(before.name())) {
            SortKeyHistory.record(
                handle,
                teamId,
                version,
                StartupScriptRepository.NAME_MOVES,
                id,
                before.name(),
                now());
          }
          scripts.update(handle, after);
          return assigned(handle, after);
        });
  }

  /** Deletes a script; machines that have it go on without. */
  public Assigned delete(String teamId, String id) {
    return database.transaction(
        handle -> {
          var script = require(handle, teamId, id);
          var now = now();
          machines.takeFromAll(handle, id);
          scripts.delete(handle, id, now);
          return new Assigned(
              new StartupScript(
                  id,
                  teamId,
                  script.name(),
                  script.description(),
                  script.script(),
                  script.isEnabled(),
                  script.isRunOnce(),
                  script.dtCreated(),
                  now),
              List.of());
        });
  }

  /**
   * Gives a script to a machine, in the caller's transaction; it takes the place of another.
   *
   * @throws Refusal NOT_FOUND where the team has no such script or machine, CONFLICT where that
   *     machine could not run it
   */
  public Assigned assign(Handle handle, String teamId, String id, String machineId) {
    var script = require(handle, teamId, id);
    var runner = machines.runner(handle, teamId, machineId);
    if (runner.isEmpty()) {
      throw Refusal.notFound("machine", machineId);
    }
    if (runner.get().isAdopted()) {
      throw Refusal.conflict(
          "Machine %s was adopted and is started as it is, so it can't be given a startup script; machines that are launched here can."
              .formatted(machineId));
    }
    if (!StartupScript.runsOn(runner.get().agentType())) {
      throw Refusal.conflict(
          "Machine %s can't run it: %s."
              .formatted(machineId, StartupScript.notOn(runner.get().agentType())));
    }
    if (!machines.assign(handle, teamId, id, machineId)) {
      throw Refusal.notFound("machine", machineId);
    }
    return assigned(handle, script);
  }

  /** Takes a script from a machine, in the caller's transaction. */
  public Assigned unassign(Handle handle, String teamId, String id, String machineId) {
    var script = require(handle, teamId, id);
    if (!Ids.isId(machineId) || !machines.unassign(handle, teamId, id, machineId)) {
      throw Refusal.notFound(
          "There is no machine with the id %s that has this startup script.".formatted(machineId));
    }
    return assigned(handle, script);
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
