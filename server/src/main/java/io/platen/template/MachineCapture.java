package io.platen.template;

import io.platen.capture.Capture;
import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ImageWritten;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.IndexMissing;
import io.platen.chunkstore.IndexStore;
import io.platen.disk.DirtyBitmap;
import io.platen.disk.DirtyRanges;
import io.platen.disk.Disk;
import io.platen.disk.OpenDisk;
import io.platen.disk.QemuImg;
import io.platen.hypervisor.LiveDisk;
import io.platen.hypervisor.WriteTracking;
import io.platen.job.JobContext;
import io.platen.machine.Machine;
import io.platen.machine.MachineRepository;
import io.platen.node.Node;
import io.platen.process.ToolFailed;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
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
   * @param bitmap the dirty bitmap that notes what is written since; null for none
   */
  public record Captured(
      ImageWritten written,
      long adoptedBytes,
      @Nullable String target,
      @Nullable String print,
      @Nullable String bitmap) {}

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
   * As {@link #run(Machine, String, JobContext, Cancellation)}; of the disk is read what was
   * written since an earlier capture, as far as that is known.
   *
   * @param earlier captures of the machine, newest first; null where nothing is to be noted either
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
    try (var disk =
        LiveDisk.open(
            node.hypervisor(),
            present.domain(),
            node.data().backups(),
            present.target(),
            present.overlay(),
            earlier == null
                ? WriteTracking.NONE
                : new WriteTracking(machine.id(), bitmaps(earlier)))) {
      long adoptedBytes = DiskLengths.check(machine, present, disk.images());
      context.consistency(disk.isQuiesced() ? "agent" : "crash");
      context.phase("capturing", 0);
      var before = disk.writtenSince().flatMap(since -> begun(earlier, since.bitmap()));
      var written =
          capture.run(
              disk,
              present.parent(),
              before.map(EarlierCapture::index).orElse(null),
              target,
              context::advanced,
              cancellation);
      return new Captured(
          written, adoptedBytes, present.target(), null, disk.begunBitmap().orElse(null));
    }
  }

  private static List<String> bitmaps(List<EarlierCapture> earlier) {
    return earlier.stream().map(EarlierCapture::bitmap).flatMap(Stream::ofNullable).toList();
  }

  /** The newest capture with which a bitmap was begun, or to which it counts as well. */
  private static Optional<EarlierCapture> begun(
      @Nullable List<EarlierCapture> earlier, String bitmap) {
    return earlier == null
        ? Optional.empty()
        : earlier.stream().filter(before -> bitmap.equals(before.bitmap())).findFirst();
  }

  private Captured still(
      Machine machine,
      PresentDisk.Still present,
      String target,
      @Nullable List<EarlierCapture> earlier,
      JobContext context,
      Cancellation cancellation)
      throws IOException, InterruptedException {
    if (earlier == null) {
      return read(machine, present, target, List.of(), null, context, cancellation);
    }
    var unchanged = unchanged(machine, present, target, earlier, context, cancellation);
    return unchanged.isPresent()
        ? unchanged.get()
        : read(
            machine,
            present,
            target,
            earlier,
            beginBitmap(machine, present, earlier),
            context,
            cancellation);
  }

  /** Takes an earlier capture over, where the disk holds what it held then. */
  private Optional<Captured> unchanged(
      Machine machine,
      PresentDisk.Still present,
      String target,
      List<EarlierCapture> earlier,
      JobContext context,
      Cancellation cancellation)
      throws IOException, InterruptedException {
    try (var disk = OpenDisk.open(present.disk())) {
      long adoptedBytes = check(machine, present, disk);
      var print = disk.print(clock.instant());
      for (var before : earlier) {
        var dirty = unchanged(disk, print, before);
        if (dirty.isPresent()) {
          context.phase("capturing", disk.size());
          return since(disk, dirty.get(), before.index(), target, context, cancellation)
              .map(
                  written ->
                      new Captured(
                          written,
                          adoptedBytes,
                          present.target(),
                          print.orElse(null),
                          before.bitmap()));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * What has to be read of a disk that was not written to since: nothing, or the one piece that is
   * marked in each bitmap, and of which it is not known therefore. Empty where more has to be.
   */
  private static Optional<DirtyRanges> unchanged(
      OpenDisk disk, Optional<String> print, EarlierCapture before) throws IOException {
    if (before.bytes() != disk.size()) {
      return Optional.empty();
    }
    if (print.isPresent() && print.get().equals(before.print())) {
      return Optional.of(DirtyRanges.none());
    }
    String bitmap = before.bitmap();
    return bitmap == null
        ? Optional.empty()
        : disk.writtenSince(bitmap, before.bytes()).filter(dirty -> dirty.count() == 1);
  }

  /**
   * Has QEMU note what is written from now on, in the disk of a machine that was launched here. It
   * is not locked yet, so that what is written until it is read is noted as well.
   *
   * @return the bitmap's name; null where there is none
   */
  private static @Nullable String beginBitmap(
      Machine machine, PresentDisk.Still present, List<EarlierCapture> earlier)
      throws IOException, InterruptedException {
    if (!(present.disk() instanceof Disk.Machine own)) {
      return null;
    }
    String name = DirtyBitmap.newName(machine.id());
    try {
      QemuImg.beginBitmap(own, name, machine.id(), bitmaps(earlier));
      return name;
    } catch (ToolFailed e) {
      LOG.infof("what is written to %s is not noted: %s", own.path(), e.getMessage());
      return null;
    }
  }

  /** Reads a disk, or what was written to it since an earlier capture. */
  private Captured read(
      Machine machine,
      PresentDisk.Still present,
      String target,
      List<EarlierCapture> earlier,
      @Nullable String bitmap,
      JobContext context,
      Cancellation cancellation)
      throws IOException, InterruptedException {
    try (var disk = OpenDisk.open(present.disk())) {
      long adoptedBytes = check(machine, present, disk);
      context.phase("capturing", disk.size());
      var print = disk.print(clock.instant());
      var written = Optional.<ImageWritten>empty();
      for (var before : earlier) {
        String since = before.bitmap();
        var dirty =
            since == null
                ? Optional.<DirtyRanges>empty()
                : disk.writtenSince(since, before.bytes());
        if (dirty.isPresent()) {
          written = since(disk, dirty.get(), before.index(), target, context, cancellation);
          break;
        }
      }
      if (written.isEmpty()) {
        written =
            Optional.of(
                capture.run(disk, present.parent(), target, context::advanced, cancellation));
      }
      boolean isNoted = bitmap != null && disk.writtenSince(bitmap, disk.size()).isPresent();
      return new Captured(
          written.get(),
          adoptedBytes,
          present.target(),
          print.orElse(null),
          isNoted ? bitmap : null);
    }
  }

  /** Its files are locked now, so that nothing runs on them, and libvirt knows what it was. */
  private long check(Machine machine, PresentDisk.Still present, OpenDisk disk)
      throws IOException, InterruptedException {
    if (!lookup.find(machine).equals(present)) {
      throw new IOException("the machine " + machine.id() + " has another disk by now");
    }
    return DiskLengths.check(machine, present, disk);
  }

  /** Empty where the earlier capture is of no use any more. */
  private Optional<ImageWritten> since(
      OpenDisk disk,
      DirtyRanges dirty,
      String earlier,
      String target,
      JobContext context,
      Cancellation cancellation)
      throws IOException, InterruptedException {
    try {
      return Optional.of(
          capture.runSince(disk, dirty, earlier, target, context::advanced, cancellation));
    } catch (IndexMissing | IndexCorrupt e) {
      LOG.infof("%s is of no use, and the disk is read: %s", earlier, e.getMessage());
      return Optional.empty();
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
