package io.platen.machine;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkCorrupt;
import io.platen.chunkstore.ChunkMissing;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.event.Job;
import io.platen.event.JobContext;
import io.platen.launch.Launch;
import java.io.IOException;
import java.time.InstantSource;
import org.jdbi.v3.core.Handle;

/** The job behind {@code create}: the machine gets its disk, and is started. */
public final class MachineLaunch implements Job {
  private final Database database;
  private final MachineRepository machines;
  private final Launch launch;
  private final MachineRun runs;
  private final InstantSource clock;

  public MachineLaunch(
      Database database,
      MachineRepository machines,
      Launch launch,
      MachineRun runs,
      InstantSource clock) {
    this.database = database;
    this.machines = machines;
    this.launch = launch;
    this.runs = runs;
    this.clock = clock;
  }

  @Override
  public Outcome run(Event event, JobContext context) throws Exception {
    String id = event.requireMachineId();
    var machine = database.read(handle -> machines.require(handle, id));
    var base = machine.base();
    if (base == null) {
      throw new IOException("the machine " + id + " was not made from a template");
    }
    var cancellation = new Cancellation();
    context.onStop(cancellation::cancel);
    context.phase("launching", 0);
    boolean starts = database.read(handle -> machines.startsOnCreate(handle, id));
    // What an earlier attempt started must not go on with the disk that is made anew.
    runs.remove(id);
    boolean made = false;
    try {
      var image =
          launch.run(
              id,
              base.templateId(),
              base.indexDigest(),
              machine.diskBytes(),
              context::advanced,
              cancellation);
      context.moved(image.bytesFetched(), image.bytesWritten());
      context.throwIfStopped();
      if (starts) {
        context.phase("starting", 0);
        runs.start(machine, context);
      }
      made = true;
    } catch (ChunkMissing | ChunkCorrupt | IndexCorrupt e) {
      throw new IOException(
          "the template %1$s can't be launched: %2$s; run \"platen verify %1$s --repair\", then capture a machine that holds the same data"
              .formatted(base.templateId(), e.getMessage()),
          e);
    } finally {
      if (!made) {
        runs.remove(id);
        launch.remove(id);
      }
    }
    var state = starts ? MachineState.READY : MachineState.OFF;
    return handle -> machines.changeState(handle, id, state, clock.instant());
  }

  @Override
  public void failed(Handle handle, Event event) {
    machines.delete(handle, event.requireMachineId(), clock.instant());
  }
}
