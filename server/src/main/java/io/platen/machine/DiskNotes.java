package io.platen.machine;

import io.platen.database.Database;

/**
 * Notes in the database what the disks of this node's machines take, for the other nodes, which
 * can't look.
 */
public final class DiskNotes {
  /** A smaller change is not worth a write, in bytes. */
  private static final long LEAST = 1 << 20;

  private final Database database;
  private final MachineRepository machines;
  private final DiskUsage usage;

  public DiskNotes(Database database, MachineRepository machines, DiskUsage usage) {
    this.database = database;
    this.machines = machines;
    this.usage = usage;
  }

  /** Looks at each disk, and notes what has changed. */
  public void note() {
    String node = database.node();
    for (var machine : database.read(handle -> machines.listOn(handle, node))) {
      long used = usage.of(machine);
      if (Math.abs(used - machine.host().diskUsed()) >= LEAST) {
        // One by one: each waits for nothing but its own row.
        database.change(handle -> machines.noteDiskUsed(handle, node, machine.id(), used));
      }
    }
  }
}
