package io.platen.capture;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ImageSource;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.ImageWritten;
import io.platen.chunkstore.Index;
import io.platen.chunkstore.Progress;
import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.disk.FileVersion;
import io.platen.disk.QemuNbd;
import io.platen.disk.RawDisk;
import io.platen.disk.RunDirectory;
import io.platen.disk.ToolFailed;
import io.platen.hypervisor.LiveDisk;
import io.platen.nbd.NbdConnectionException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Turns a disk into an index and chunks. The disk is only read, and QEMU's locks keep writers away
 * meanwhile.
 */
public final class Capture {
  private final ImageWriter writer;
  private final RunDirectory run;
  private final int connections;
  private final CaptureTotals totals = new CaptureTotals();

  /**
   * Captures into the store of this writer.
   *
   * @param threads how many threads the writer has for each capture; every one reads through a
   *     connection of its own
   */
  public Capture(ImageWriter writer, RunDirectory run, int threads) {
    this.writer = writer;
    this.run = run;
    // One more walks along the extents.
    this.connections = threads + 1;
  }

  /**
   * Captures a disk. When this returns, the index and all chunks it names are durable; when it
   * throws, there is no index.
   *
   * @param parent the index of the base image that a launched machine's disk stands on; null for
   *     other disks
   * @param target the index to make
   * @throws io.platen.disk.DiskException where the disk can't be opened
   * @throws io.platen.chunkstore.Cancelled after a cancellation
   * @throws IOException where the disk can't be read or the store can't be written
   */
  public ImageWritten run(
      Disk disk, @Nullable Path parent, Path target, Progress progress, Cancellation cancellation)
      throws IOException, InterruptedException {
    var written = captured(disk, parent, target, progress, cancellation);
    totals.add(written);
    return written;
  }

  /**
   * Captures the disk of a running machine, as it was when it was opened; as {@link #run(Disk,
   * Path, Path, Progress, Cancellation)}.
   */
  public ImageWritten run(
      LiveDisk disk,
      @Nullable Path parent,
      Path target,
      Progress progress,
      Cancellation cancellation)
      throws IOException {
    var written = captured(disk, parent, target, progress, cancellation);
    totals.add(written);
    return written;
  }

  private ImageWritten captured(
      LiveDisk disk,
      @Nullable Path parent,
      Path target,
      Progress progress,
      Cancellation cancellation)
      throws IOException {
    if (parent == null) {
      return write(new LiveImageSource(disk, 0), target, progress, cancellation);
    }
    try (var index = Index.open(parent)) {
      return writer.write(
          new LiveImageSource(disk, index.size()), index, target, progress, cancellation);
    }
  }

  private ImageWritten captured(
      Disk disk, @Nullable Path parent, Path target, Progress progress, Cancellation cancellation)
      throws IOException, InterruptedException {
    if (disk instanceof Disk.Adopted adopted && adopted.format() == DiskFormat.RAW) {
      try (var raw = RawDisk.open(adopted.path())) {
        return write(new RawImageSource(adopted.path(), raw), target, progress, cancellation);
      }
    }
    return throughNbd(disk, parent, target, progress, cancellation);
  }

  private ImageWritten throughNbd(
      Disk disk, @Nullable Path parent, Path target, Progress progress, Cancellation cancellation)
      throws IOException, InterruptedException {
    long size = disk.header().virtualSize();
    try (var nbd = QemuNbd.open(disk, run, connections)) {
      var version = FileVersion.of(disk.path());
      try {
        return write(nbd.socket(), size, version, parent, target, progress, cancellation);
      } catch (NbdConnectionException e) {
        // A capture that was cancelled closed the connection itself.
        Optional<ToolFailed> failure =
            cancellation.isCancelled() ? Optional.empty() : nbd.failure();
        if (failure.isPresent()) {
          failure.get().addSuppressed(e);
          throw failure.get();
        }
        throw e;
      }
    }
  }

  /** What was captured so far. */
  public CaptureTotals totals() {
    return totals;
  }

  private ImageWritten write(
      ImageSource source, Path target, Progress progress, Cancellation cancellation)
      throws IOException {
    return writer.write(source, null, target, progress, cancellation);
  }

  private ImageWritten write(
      Path socket,
      long size,
      FileVersion version,
      @Nullable Path parent,
      Path target,
      Progress progress,
      Cancellation cancellation)
      throws IOException {
    if (parent == null) {
      return write(new NbdImageSource(socket, size, 0, version), target, progress, cancellation);
    }
    try (var index = Index.open(parent)) {
      return writer.write(
          new NbdImageSource(socket, size, index.size(), version),
          index,
          target,
          progress,
          cancellation);
    }
  }
}
