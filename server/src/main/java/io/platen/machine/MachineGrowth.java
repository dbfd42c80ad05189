package io.platen.machine;

import io.platen.config.DataDirectory;
import io.platen.database.Database;
import io.platen.disk.ImageHeader;
import io.platen.event.Event;
import io.platen.job.Job;
import io.platen.job.JobContext;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/** The job behind {@code vm-upgrade}: a machine's disk grows, while it runs or is off. */
public final class MachineGrowth implements Job {
  private static final Logger LOG = Logger.getLogger(MachineGrowth.class);

  private final Database database;
  private final MachineRepository machines;
  private final MachineRun run;
  private final DataDirectory data;
  private final InstantSource clock;

  public MachineGrowth(
      Database database,
      MachineRepository machines,
      MachineRun run,
      DataDirectory data,
      InstantSource clock) {
    this.database = database;
    this.machines = machines;
    this.run = run;
    this.data = data;
    this.clock = clock;
  }

  @Override
  public Outcome run(Event event, JobContext context) throws Exception {
    String id = event.requireMachineId();
    var machine = database.read(handle -> machines.require(handle, id));
    context.phase("resizing", 0);
    run.growDisk(machine);
    var state = run.isRunning(machine) ? MachineState.READY : MachineState.OFF;
    return handle -> machines.changeState(handle, id, state, clock.instant());
  }

  @Override
  public void failed(Handle handle, Event event) {
    String id = event.requireMachineId();
    var now = clock.instant();
    machines
        .find(handle, id)
        .ifPresent(
            machine -> size(machine).ifPresent(b -> machines.changeDisk(handle, id, b, now)));
    // Whether it runs is seen by the watch, within seconds.
    machines.changeState(handle, id, MachineState.OFF, now);
  }

  @Override
  public void lost(Handle handle, Event event) {
    machines.changeState(handle, event.requireMachineId(), MachineState.OFF, clock.instant());
  }

  @Override
  public void back(Handle handle, Event event) {
    var now = clock.instant();
    machines
        .find(handle, event.requireMachineId())
        .ifPresent(
            machine ->
                size(machine).ifPresent(b -> machines.changeDisk(handle, machine.id(), b, now)));
  }

  /** What the disk really has, which a guest may be writing to. */
  private Optional<Long> size(Machine machine) {
    if (machine.disk().base() == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(ImageHeader.sizeInUse(data.machineDisk(machine.id())));
    } catch (IOException e) {
      LOG.errorf(e, "the size of the disk of %s can't be read", machine.id());
      return Optional.empty();
    }
  }
}
