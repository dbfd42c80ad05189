package io.platen.snapshot;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkCorrupt;
import io.platen.chunkstore.ChunkMissing;
import io.platen.chunkstore.ChunkUnreadable;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.config.DataDirectory;
import io.platen.config.HypervisorSettings;
import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.event.EventRepository;
import io.platen.identity.NewIdentity;
import io.platen.job.Job;
import io.platen.job.JobContext;
import io.platen.job.JobStopped;
import io.platen.launch.BaseImages;
import io.platen.launch.LaunchedDisks;
import io.platen.launch.RestoredDisk;
import io.platen.machine.Machine;
import io.platen.machine.MachineFiles;
import io.platen.machine.MachineRepository;
import io.platen.machine.MachineRun;
import io.platen.machine.MachineState;
import io.platen.node.Node;
import io.platen.template.TemplateRepository;
import java.io.IOException;
import java.nio.file.Files;
import java.time.InstantSource;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/**
 * The job behind {@code snapshot-restore}: the machine gets a new disk, an overlay over the base
 * image of the snapshot, and the disk that it had is kept until the new one runs.
 *
 * <p>What is done is noted as a step, so that an attempt goes on where the one before was cut off.
 * The machine's row follows the files: it says what the disk stands on from {@link #EXCHANGED} on,
 * written together with that step. Until then it names the snapshot beside the machine's base, so
 * that neither's index and base image goes.
 */
public final class SnapshotRestore implements Job {
  private static final Logger LOG = Logger.getLogger(SnapshotRestore.class);

  /** The new disk is complete and durable. */
  private static final String MADE = "made";

  /** The machine keeps the disk that it has, and the new one is removed. */
  private static final String GIVEN_UP = "given up";

  /** The new disk is the machine's, and the row says so. */
  private static final String EXCHANGED = "exchanged";

  /** The machine did not start, and is to have its former disk again. */
  private static final String BACK = "back";

  /** The machine has its former disk again, and the row says so. */
  private static final String RETURNED = "returned";

  private final Database database;
  private final Rows rows;
  private final SnapshotCapture capture;
  private final BaseImages baseImages;
  private final RestoredDisk disks;
  private final MachineRun runs;
  private final MachineFiles files;
  private final DataDirectory data;
  private final boolean neverRuns;
  private final InstantSource clock;

  /** What it reads and writes in the database. */
  public record Rows(
      SnapshotRepository snapshots,
      TemplateRepository templates,
      MachineRepository machines,
      EventRepository events) {}

  public SnapshotRestore(
      Database database,
      Rows rows,
      SnapshotCapture capture,
      BaseImages baseImages,
      MachineRun runs,
      MachineFiles files,
      Node node,
      InstantSource clock) {
    this.database = database;
    this.rows = rows;
    this.capture = capture;
    this.baseImages = baseImages;
    this.disks = new RestoredDisk(node.data());
    this.runs = runs;
    this.files = files;
    this.data = node.data();
    this.neverRuns = node.hypervisor().settings().mode() == HypervisorSettings.Mode.NONE;
    this.clock = clock;
  }

  @Override
  public Outcome run(Event event, JobContext context) throws Exception {
    String id = event.requireMachineId();
    var machine = database.read(handle -> rows.machines().require(handle, id));
    boolean starts = machine.state() == MachineState.RESTARTING;
    String step = event.step();
    if (BACK.equals(step) || RETURNED.equals(step)) {
      throw returned(event, "the server ended meanwhile");
    }
    if (GIVEN_UP.equals(step)) {
      leave(machine, starts, context);
      throw new IOException(
          "the restore was given up, and the server ended meanwhile; its log says why");
    }
    if (!EXCHANGED.equals(step)) {
      try {
        replace(event, machine, starts, context);
      } catch (IOException e) {
        context.throwIfStopped();
        giveUp(machine, starts, context, e);
        throw e;
      }
    }
    files.write(database.read(handle -> rows.machines().require(handle, id)));
    if (starts) {
      start(event, context);
    }
    boolean keeps = !starts && !neverRuns;
    if (!keeps) {
      disks.drop(id);
    }
    var state = starts ? MachineState.READY : MachineState.OFF;
    return handle -> {
      rows.machines().changeState(handle, id, state, clock.instant());
      if (!keeps) {
        rows.machines().forgetOther(handle, id);
      }
    };
  }

  /** Puts the new disk in the place of the old one. */
  private void replace(Event event, Machine machine, boolean starts, JobContext context)
      throws IOException, InterruptedException, JobStopped {
    String id = machine.id();
    var snapshot = snapshot(event);
    if (!MADE.equals(event.step())) {
      make(snapshot, machine, context);
      context.step(MADE);
    }
    if (starts) {
      context.phase("stopping", 0);
      runs.stop(machine, context);
    }
    runs.requireOffOnOwnDisk(machine);
    snapshotBefore(event, context);
    context.throwIfStopped();
    context.phase("restoring", 0);
    disks.swap(id);
    requireRestored(id, snapshot);
    if (snapshot.isFresh()) {
      NewIdentity.forget(data.machine(id));
    }
    note(event, EXCHANGED, handle -> rows.machines().exchange(handle, id, clock.instant()));
  }

  /** The row is about to say so, and everything else goes by the row. */
  private void requireRestored(String id, Snapshot snapshot) throws IOException {
    var below = LaunchedDisks.baseDigest(data.machineDisk(id));
    if (!below.equals(Optional.ofNullable(snapshot.indexDigest()))) {
      throw new IOException(
          "the disk of %s does not stand on the snapshot %s: the one that was made for that is gone; restore the snapshot again"
              .formatted(id, snapshot.id()));
    }
  }

  private Snapshot snapshot(Event event) throws IOException {
    String id = event.requireTemplateId();
    return database
        .read(handle -> rows.snapshots().find(handle, id))
        .orElseThrow(() -> new IOException("the snapshot " + id + " was deleted"));
  }

  private void make(Snapshot snapshot, Machine machine, JobContext context) throws IOException {
    var cancellation = new Cancellation();
    context.onStop(cancellation::cancel);
    String digest = snapshot.indexDigest();
    if (digest == null) {
      throw new IOException("the snapshot %s is not complete".formatted(snapshot.id()));
    }
    try {
      context.phase("preparing the disk", 0);
      var image = baseImages.ensure(snapshot.id(), digest, context::advanced, cancellation);
      context.moved(image.bytesFetched(), image.bytesWritten());
      disks.make(machine.id(), image.path(), machine.disk().bytes());
    } catch (ChunkMissing | ChunkCorrupt | ChunkUnreadable | IndexCorrupt e) {
      throw new IOException(
          "the snapshot %1$s can't be restored: %2$s; run \"platen verify %1$s --repair\", then restore another one"
              .formatted(snapshot.id(), e.getMessage()),
          e);
    }
  }

  /** Takes the snapshot that was asked for together with the restore, if it was. */
  private void snapshotBefore(Event event, JobContext context)
      throws IOException, InterruptedException {
    var asked = database.read(handle -> rows.snapshots().takenBy(handle, event.id()));
    // One that is complete was taken before the disk was replaced.
    if (asked.isPresent() && asked.get().indexDigest() == null) {
      context.phase("taking a snapshot", 0);
      var outcome = capture.take(asked.get(), event, context);
      database.change(outcome::write);
    }
  }

  /** What a change of the machine's row writes. */
  private interface Change {
    void write(Handle handle);
  }

  /** Writes a change together with its step, while this attempt counts. */
  private void note(Event event, String step, Change change) throws JobStopped {
    database.<Boolean, JobStopped>transaction(
        handle -> {
          // The machine's row before the event's, as everywhere.
          change.write(handle);
          if (!rows.events().step(handle, event.id(), event.attempt(), step)) {
            throw new JobStopped();
          }
          return true;
        });
  }

  /** Leaves the machine as it was, where the new disk has not taken the place of the old one. */
  private void giveUp(Machine machine, boolean starts, JobContext context, IOException failure)
      throws InterruptedException, JobStopped {
    try {
      if (!disks.isSwapped(machine.id())) {
        // First: an attempt that finds the new disk made, and gone, would take it for swapped.
        context.step(GIVEN_UP);
        leave(machine, starts, context);
      }
    } catch (IOException e) {
      failure.addSuppressed(e);
      LOG.warnf("%s is not as it was before its restore: %s", machine.id(), e.getMessage());
    }
  }

  /** Leaves the machine as it was; one that was stopped for this is started again. */
  private void leave(Machine machine, boolean starts, JobContext context)
      throws IOException, InterruptedException, JobStopped {
    disks.discard(machine.id());
    if (starts) {
      runs.start(machine, context);
    }
  }

  /**
   * Starts the machine; where that fails, and nothing runs on the new disk, it gets the old one.
   */
  private void start(Event event, JobContext context)
      throws IOException, InterruptedException, JobStopped {
    String id = event.requireMachineId();
    try {
      context.phase("starting", 0);
      runs.start(database.read(handle -> rows.machines().require(handle, id)), context);
    } catch (IOException e) {
      context.throwIfStopped();
      LOG.warnf("%s does not start on its restored disk: %s", id, e.getMessage());
      context.step(BACK);
      throw returned(event, String.valueOf(e.getMessage()));
    }
  }

  /** Gives the machine its former disk back, unless that is done; tells why. */
  private IOException returned(Event event, String why) throws IOException, JobStopped {
    String id = event.requireMachineId();
    if (!RETURNED.equals(event.step())) {
      disks.undo(id);
      NewIdentity.remember(data.machine(id));
      note(
          event,
          RETURNED,
          handle -> {
            rows.machines().exchange(handle, id, clock.instant());
            rows.machines().forgetOther(handle, id);
          });
      files.write(database.read(handle -> rows.machines().require(handle, id)));
    }
    return new IOException(
        "the machine did not start on the restored disk, and has its former disk again: " + why);
  }

  @Override
  public void lost(Handle handle, Event event) {
    // Which disk the machine has is known where its disks are; until then both bases are kept.
    rows.machines()
        .changeState(handle, event.requireMachineId(), MachineState.OFF, clock.instant());
  }

  @Override
  public void back(Handle handle, Event event) {
    if (rows.machines().find(handle, event.requireMachineId()).isPresent()) {
      failed(handle, event);
    }
  }

  /**
   * The machine keeps the disk that it has. One that an earlier restore kept stays until it runs,
   * and the row has to name a second base as long as there is one; which, it does not know any
   * more.
   */
  private void forgetExpected(Handle handle, String id) {
    var base =
        rows.machines()
            .find(handle, id)
            .map(machine -> machine.disk().base())
            .filter(_ -> Files.exists(data.machineFormerDisk(id)));
    if (base.isPresent()) {
      rows.machines().expect(handle, id, base.get());
    } else {
      rows.machines().forgetOther(handle, id);
    }
  }

  @Override
  public void failed(Handle handle, Event event) {
    String id = event.requireMachineId();
    var now = clock.instant();
    String step = event.step();
    if (step == null || GIVEN_UP.equals(step) || (MADE.equals(step) && !disks.isSwapped(id))) {
      forgetExpected(handle, id);
    } else if (MADE.equals(step)) {
      rows.machines().exchange(handle, id, now);
    } else if (BACK.equals(step) && !disks.isSwapped(id)) {
      rows.machines().exchange(handle, id, now);
      rows.machines().forgetOther(handle, id);
    }
    rows.snapshots()
        .takenBy(handle, event.id())
        .filter(snapshot -> snapshot.indexDigest() == null)
        .ifPresent(snapshot -> rows.templates().fail(handle, snapshot.id(), now));
    // Whether it runs is seen by the watch, within seconds.
    rows.machines().changeState(handle, id, MachineState.OFF, now);
  }
}
