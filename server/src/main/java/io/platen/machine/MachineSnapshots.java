package io.platen.machine;

import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * What the snapshots of a machine have to do with what is done to the machine. Called in the
 * transactions that do it, with the machine's row locked.
 */
public interface MachineSnapshots {
  /**
   * Makes way for work on a machine: a snapshot that a schedule takes is given up, and comes again
   * later.
   *
   * @throws io.platen.model.Refusal CONFLICT where somebody takes one
   */
  void makeWay(Handle handle, String machineId);

  /** Has the snapshots of a machine go with it. */
  void machineDeleted(Handle handle, String machineId, Instant now);

  /** Begins the snapshot of a machine whose launch is done, where that was asked for. */
  void machineLaunched(Handle handle, String machineId);

  /** The indexes of the snapshots of machines, deleted or not. */
  List<String> indexesOf(Handle handle, List<String> machineIds);
}
