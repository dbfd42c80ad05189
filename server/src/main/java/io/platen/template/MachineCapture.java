package io.platen.template;

import io.platen.capture.Capture;
import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ImageWritten;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.IndexMissing;
import io.platen.chunkstore.IndexStore;
import io.platen.disk.OpenDisk;
import io.platen.hypervisor.LiveDisk;
import io.platen.job.JobContext;
import io.platen.machine.Machine;
import io.platen.machine.MachineRepository;
import io.platen.node.Node;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Captures the disk of a machine, whatever it is at the moment: for templates and for snapshots.
 */
public final class MachineCapture {
  private static final Logger LOG = Logger.getLogger(MachineCapture.class);

  /** How often a capture begins whose machine starts, ends, or is given another disk meanwhile. */
  private static final int ATTEMPTS = 3;

  private final MachineRepository machines;
  private final DiskLookup lookup;
  private final Capture capture;
  private final Node node;
  private final InstantSource clock;

  public MachineCapture(
      MachineRepository machines,
      IndexStore indexes,
      Capture capture,
      Node node,
      InstantSource clock) {
    this.machines = machines;
    this.lookup = new DiskLookup(node, indexes);
    this.capture = capture;
    this.node = node;
    this.clock = clock;
  }

  /**
   * What was captured, and what the machine's disk was found to be.
   *
   * @param adoptedBytes the length of the raw file that the machine was adopted with
   * @param target the disk's name in its domain
   * @param print what its files were, where that tells later whether they were written to since
   */
  public record Captured(
      ImageWritten written, long adoptedBytes, @Nullable String target, @Nullable String print) {}

  /**
   * Captures into an index. A machine that runs is captured while it does; its disk can't be opened
   * by others then. One that starts, ends, or gets another file for its disk at the wrong moment is
   * captured again.
   *
   * @param target the name of the index to make
   */
  public Captured run(Machine machine, String target, JobContext context, Cancellation cancellation)
      throws IOException, InterruptedException {
    return run(machine, target, null, context, cancellation);
  }

  /**
   * As {@link #run(Machine, String, JobContext, Cancellation)}; a disk that was not written to
   * since an earlier capture is not read.
   */
  public Captured run(
      Machine machine,
      String target,
      @Nullable List<EarlierCapture> earlier,
      JobContext context,
      Cancellation cancellation)
      throws IOException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      var present = lookup.find(machine);
      try {
        return switch (present) {
          case PresentDisk.Live live -> live(machine, live, target, earlier, context, cancellation);
          case PresentDisk.Still still ->
              still(machine, still, target, earlier, context, cancellation);
        };
      } catch (IOException e) {
        if (cancellation.isCancelled() || attempt == ATTEMPTS || isStill(machine, present, e)) {
          throw e;
        }
        LOG.infof(
            "the disk of %s changed hands during its capture, which begins again: %s",
            machine.id(), e.getMessage());
      }
    }
  }

  private boolean isStill(Machine machine, PresentDisk present, IOException failure)
      throws InterruptedException {
    try {
      return lookup.find(machine).equals(present);
    } catch (IOException e) {
      failure.addSuppressed(e);
      return true;
    }
  }

  private Captured live(
      Machine machine,
      PresentDisk.Live present,
      String target,
      @Nullable List<EarlierCapture> earlier,
      JobContext context,
      Cancellation cancellation)
      throws IOException, InterruptedException {
    Optional<EarlierCapture> before =
        earlier == null
            ? Optional.empty()
            : earlier.stream().filter(EarlierCapture::isCheckpoint).findFirst();
    try (var disk =
        LiveDisk.open(
            node.hypervisor(),
            present.domain(),
            node.data().backups(),
            present.target(),
            present.overlay(),
            // Only in a disk of Platen's own may anything be noted.
            new LiveDisk.Tracking(
                earlier != null && !present.overlay().isEmpty(),
                before.map(EarlierCapture::checkpoint).orElse(null)))) {
      long adoptedBytes = DiskLengths.check(machine, present, disk.images());
      context.consistency(disk.isQuiesced() ? "agent" : "crash");
      context.phase("capturing", 0);
      String parent = disk.dirt().isPresent() ? before.orElseThrow().index() : present.parent();
      var written = capture.run(disk, parent, target, context::advanced, cancellation);
      return new Captured(
          written,
          adoptedBytes,
          present.target(),
          disk.checkpoint().map(EarlierCapture.CHECKPOINT::concat).orElse(null));
    }
  }

  private Captured still(
      Machine machine,
      PresentDisk.Still present,
      String target,
      @Nullable List<EarlierCapture> earlier,
      JobContext context,
      Cancellation cancellation)
      throws IOException, InterruptedException {
    try (var disk = OpenDisk.open(present.disk())) {
      // Its files are locked now, so that nothing runs on them, and libvirt knows what it was.
      if (!lookup.find(machine).equals(present)) {
        throw new IOException("the machine " + machine.id() + " has another disk by now");
      }
      long adoptedBytes = DiskLengths.check(machine, present, disk);
      context.phase("capturing", disk.size());
      var print = earlier == null ? Optional.<String>empty() : disk.print(clock.instant());
      var same =
          earlier == null
              ? Optional.<EarlierCapture>empty()
              : earlier.stream()
                  .filter(before -> print.filter(before.print()::equals).isPresent())
                  .filter(before -> before.bytes() == disk.size())
                  .findFirst();
      var written =
          same.isPresent()
              ? unchanged(disk, same.get(), present, target, context, cancellation)
              : capture.run(disk, present.parent(), target, context::advanced, cancellation);
      return new Captured(written, adoptedBytes, present.target(), print.orElse(null));
    }
  }

  private ImageWritten unchanged(
      OpenDisk disk,
      EarlierCapture earlier,
      PresentDisk.Still present,
      String target,
      JobContext context,
      Cancellation cancellation)
      throws IOException, InterruptedException {
    try {
      return capture.runUnchanged(disk, earlier.index(), target, context::advanced, cancellation);
    } catch (IndexMissing | IndexCorrupt e) {
      LOG.infof("%s is of no use, and the disk is read: %s", earlier.index(), e.getMessage());
      return capture.run(disk, present.parent(), target, context::advanced, cancellation);
    }
  }

  /** Notes what the disk of an adopted machine has become since it was last looked at. */
  public void found(Handle handle, Machine machine, Captured captured) {
    var before = machine.disk().adopted();
    if (before != null) {
      long size = captured.written().size();
      var now = before.found(captured.adoptedBytes(), captured.target());
      if (!now.equals(before) || size != machine.disk().bytes()) {
        machines.changeAdopted(handle, machine.id(), now, size, clock.instant());
      }
    }
  }
}
