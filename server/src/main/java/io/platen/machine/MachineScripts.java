package io.platen.machine;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import io.platen.model.Ids;
import io.platen.startupscript.ScriptMachines;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The startup scripts of machines, in the table of machines. */
public final class MachineScripts implements ScriptMachines {
  @Override
  public Map<String, List<String>> having(Handle handle, List<String> scriptIds) {
    if (scriptIds.isEmpty()) {
      return Map.of();
    }
    return handle
        .createQuery(
            """
            SELECT startup_script_id, id FROM machine
            WHERE startup_script_id IN (<ids>) AND dt_deleted IS NULL ORDER BY id
            """)
        .bindList("ids", scriptIds)
        .map((row, context) -> Map.entry(row.getString("startup_script_id"), row.getString("id")))
        .collect(groupingBy(Map.Entry::getKey, mapping(Map.Entry::getValue, toList())));
  }

  @Override
  public Optional<Runner> runner(Handle handle, String teamId, String machineId) {
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

  @Override
  public boolean assign(Handle handle, String teamId, String scriptId, String machineId) {
    return handle
            .createUpdate(
                """
                UPDATE machine SET startup_script_id = :script
                WHERE id = :machine AND team_id = :team AND dt_deleted IS NULL
                """)
            .bind("script", scriptId)
            .bind("machine", machineId)
            .bind("team", teamId)
            .execute()
        == 1;
  }

  @Override
  public boolean unassign(Handle handle, String teamId, String scriptId, String machineId) {
    return handle
            .createUpdate(
                """
                UPDATE machine SET startup_script_id = NULL
                WHERE id = :machine AND team_id = :team AND startup_script_id = :script AND dt_deleted IS NULL
                """)
            .bind("script", scriptId)
            .bind("machine", machineId)
            .bind("team", teamId)
            .execute()
        == 1;
  }

  @Override
  public void takeFromAll(Handle handle, String scriptId) {
    handle
        .createUpdate(
            "UPDATE machine SET startup_script_id = NULL WHERE startup_script_id = :script")
        .bind("script", scriptId)
        .execute();
  }
}
