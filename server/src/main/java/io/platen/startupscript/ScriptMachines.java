package io.platen.startupscript;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Which machine has which startup script. A machine has one at most. */
public interface ScriptMachines {
  /** The machines that have these scripts, by script; none for those that no machine has. */
  Map<String, List<String>> having(Handle handle, List<String> scriptIds);

  /**
   * A team's machine as far as scripts are concerned.
   *
   * @param isAdopted whether its domain, if it has one, is not described here
   */
  record Runner(String agentType, boolean isAdopted) {}

  /** The team's machine of this id; empty where there is none. */
  Optional<Runner> runner(Handle handle, String teamId, String machineId);

  /** Gives a script to a team's machine, instead of the one it may have. False without one. */
  boolean assign(Handle handle, String teamId, String scriptId, String machineId);

  /** Takes a script from a team's machine. False where it does not have it. */
  boolean unassign(Handle handle, String teamId, String scriptId, String machineId);

  /** Takes a script from all machines that have it. */
  void takeFromAll(Handle handle, String scriptId);
}
