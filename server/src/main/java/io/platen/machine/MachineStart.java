package io.platen.machine;

import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.event.Job;
import io.platen.event.JobContext;
import java.io.IOException;
import java.time.InstantSource;
import org.jdbi.v3.core.Handle;

/** The job behind {@code start}. */
public final class MachineStart implements Job {
  private final Database database;
  private final MachineRepository machines;
  private final MachineRun run;
  private final InstantSource clock;

  public MachineStart(
      Database database, MachineRepository machines, MachineRun run, InstantSource clock) {
    this.database = database;
    this.machines = machines;
    this.run = run;
    this.clock = clock;
  }

  @Override
  public Outcome run(Event event, JobContext context) throws Exception {
    String id = event.requireMachineId();
    var machine =
        database
            .read(handle -> machines.find(handle, id))
            .orElseThrow(() -> new IOException("the machine " + id + " was deleted"));
    context.phase("starting", 0);
    run.start(machine, context);
    return handle -> machines.changeState(handle, id, MachineState.READY, clock.instant());
  }

  @Override
  public void failed(Handle handle, Event event) {
    // What is true is seen by the watch, within seconds.
    machines.changeState(handle, event.requireMachineId(), MachineState.OFF, clock.instant());
  }
}
