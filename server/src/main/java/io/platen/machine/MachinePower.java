package io.platen.machine;

import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.event.EventName;
import io.platen.job.Job;
import io.platen.job.JobContext;
import java.time.InstantSource;
import org.jdbi.v3.core.Handle;

/**
 * The job behind {@code start}, {@code stop} and {@code restart}: a guest that is to stop shuts
 * down, or is ended.
 */
public final class MachinePower implements Job {
  /** The guest of a restart has been stopped. */
  private static final String STOPPED = "stopped";

  /** What the phase of a stop begins with. */
  static final String STOPPING = "stopping";

  private final Database database;
  private final MachineRepository machines;
  private final MachineRun run;
  private final AwaitedAddress awaited;
  private final InstantSource clock;

  public MachinePower(
      Database database, MachineRepository machines, MachineRun run, InstantSource clock) {
    this.database = database;
    this.machines = machines;
    this.run = run;
    awaited = new AwaitedAddress(database, machines, run);
    this.clock = clock;
  }

  @Override
  public Outcome run(Event event, JobContext context) throws Exception {
    String id = event.requireMachineId();
    var machine = database.read(handle -> machines.require(handle, id));
    switch (event.name()) {
      case STOP -> stop(machine, event, context);
      case RESTART -> {
        // One that was cut off after the stop does not stop the machine again.
        if (!STOPPED.equals(event.step())) {
          stop(machine, event, context);
          context.step(STOPPED);
        }
        start(machine, context);
      }
      default -> start(machine, context);
    }
    var state = event.name() == EventName.STOP ? MachineState.OFF : MachineState.READY;
    return handle -> machines.changeState(handle, id, state, clock.instant());
  }

  private void stop(Machine machine, Event event, JobContext context) throws Exception {
    // Why Platen stops it by itself was said with the event.
    String said = event.progress().phase();
    context.phase(said != null && said.startsWith(STOPPING) ? said : STOPPING, 0);
    run.stop(machine, context);
  }

  private void start(Machine machine, JobContext context) throws Exception {
    awaited.start(machine, context);
  }

  @Override
  public void failed(Handle handle, Event event) {
    // What is true is seen by the watch of its node, within seconds.
    var state = event.name() == EventName.STOP ? MachineState.READY : MachineState.OFF;
    machines.changeState(handle, event.requireMachineId(), state, clock.instant());
  }
}
