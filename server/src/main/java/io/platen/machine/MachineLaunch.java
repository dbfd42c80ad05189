package io.platen.machine;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkCorrupt;
import io.platen.chunkstore.ChunkMissing;
import io.platen.chunkstore.ChunkUnreadable;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.job.Job;
import io.platen.job.JobContext;
import io.platen.job.JobStopped;
import io.platen.launch.Launch;
import io.platen.network.PublicIpService;
import java.io.IOException;
import java.time.InstantSource;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/**
 * The job behind {@code create}: the machine gets its disk, and is started.
 *
 * <p>A disk that a guest may have had is never made anew: an attempt that finds that libvirt was
 * asked for the machine's domain before goes on with the start, and leaves a guest that runs alone.
 * So a launch that is taken up again after the machine has been used, because its server died or an
 * older database was put back, destroys nothing.
 *
 * <p>Nothing is cleared away here. A launch that fails leaves its machine recorded as deleted, and
 * {@link MachineSweep} removes what there is of it; one that is cancelled was deleted, and its
 * removal waits for this job to stop.
 */
public final class MachineLaunch implements Job {
  private static final Logger LOG = Logger.getLogger(MachineLaunch.class);

  /** The disk is complete and durable. */
  private static final String DISK = "disk";

  /** From here on libvirt may be asked for the domain, and a guest may have the disk. */
  private static final String STARTING = "starting";

  /** A guest may have had the disk before this attempt. */
  private static final String USED = "used";

  private final Database database;
  private final MachineRepository machines;
  private final Launch launch;
  private final MachineRun runs;
  private final MachineFiles files;
  private final MachineSnapshots snapshots;
  private final PublicIpService publicIps;
  private final MachinePlaces places;
  private final TemplateSupply supply;
  private final AwaitedAddress awaited;
  private final InstantSource clock;

  public MachineLaunch(
      Database database,
      MachineRepository machines,
      Launch launch,
      MachineRun runs,
      MachineFiles files,
      MachineSnapshots snapshots,
      PublicIpService publicIps,
      MachinePlaces places,
      TemplateSupply supply,
      InstantSource clock) {
    this.database = database;
    this.machines = machines;
    this.launch = launch;
    this.runs = runs;
    this.files = files;
    this.snapshots = snapshots;
    this.publicIps = publicIps;
    this.places = places;
    this.supply = supply;
    awaited = new AwaitedAddress(database, machines, runs);
    this.clock = clock;
  }

  @Override
  public Outcome run(Event event, JobContext context) throws Exception {
    String id = event.requireMachineId();
    var machine = database.read(handle -> machines.require(handle, id));
    var base = machine.disk().base();
    if (base == null) {
      throw new IOException("the machine " + id + " was not made from a template");
    }
    if (launch.isDone(id)) {
      var now = runs.isRunning(machine) ? MachineState.READY : MachineState.OFF;
      return launched(id, now);
    }
    context.phase("launching", 0);
    boolean starts = database.read(handle -> machines.startsOnCreate(handle, id));
    if (runs.wasDefined(id)) {
      LOG.infof("%s has its disk, which a guest may have written to: only its start is left", id);
      context.step(USED);
    } else if (!hadDisk(event) || !launch.hasDisk(id)) {
      makeDisk(machine, base, context);
      context.step(DISK);
    }
    context.throwIfStopped();
    launch.requireDisk(id);
    if (starts) {
      // No other node begins this launch anew once this is committed.
      context.step(runs.wasDefined(id) ? USED : STARTING);
      awaited.start(machine, context);
    }
    launch.done(id);
    var state = starts ? MachineState.READY : MachineState.OFF;
    return launched(id, state);
  }

  private static boolean hadDisk(Event event) {
    return DISK.equals(event.step()) || STARTING.equals(event.step());
  }

  @Override
  public Move move(Handle handle, Event event) {
    if (STARTING.equals(event.step()) || USED.equals(event.step())) {
      return new Move.Never();
    }
    var machine = machines.find(handle, event.requireMachineId());
    return machine.isEmpty() ? new Move.Never() : places.again(handle, machine.get());
  }

  @Override
  public void lost(Handle handle, Event event) {
    String id = event.requireMachineId();
    if (STARTING.equals(event.step()) || USED.equals(event.step())) {
      // It may run there, and is a machine then.
      machines.changeState(handle, id, MachineState.OFF, clock.instant());
    } else {
      publicIps.launchUndone(handle, id);
      machines.delete(handle, id, clock.instant());
    }
  }

  private Outcome launched(String id, MachineState state) {
    return handle -> {
      machines.changeState(handle, id, state, clock.instant());
      snapshots.machineLaunched(handle, id);
    };
  }

  private void makeDisk(Machine machine, BaseTemplate base, JobContext context)
      throws IOException, JobStopped {
    var cancellation = new Cancellation();
    context.onStop(cancellation::cancel);
    try {
      // First what the machine is, so that its disk is never there without.
      files.write(machine);
      if (!launch.hasBase(base.indexDigest())) {
        supply.fetch(base.templateId(), base.indexDigest(), context, cancellation);
        context.phase("launching", 0);
      }
      var image =
          launch.run(
              machine.id(),
              base.templateId(),
              base.indexDigest(),
              machine.disk().bytes(),
              context::advanced,
              cancellation);
      context.moved(image.bytesFetched(), image.bytesWritten());
    } catch (ChunkMissing | ChunkCorrupt | ChunkUnreadable | IndexCorrupt e) {
      throw new IOException(
          "the template %1$s can't be launched: %2$s; run \"platen verify %1$s --repair\"; what no other store has is stored again by a capture of a machine that holds the same data"
              .formatted(base.templateId(), e.getMessage()),
          e);
    }
  }

  @Override
  public void failed(Handle handle, Event event) {
    String id = event.requireMachineId();
    // What was launched once is a machine, whatever an older database takes it for.
    if (USED.equals(event.step()) || launch.isDone(id)) {
      // Whether it runs is seen by the watch, within seconds.
      machines.changeState(handle, id, MachineState.OFF, clock.instant());
    } else {
      publicIps.launchUndone(handle, id);
      machines.delete(handle, id, clock.instant());
    }
  }
}
