package io.platen.capture;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ImageSource;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.ImageWritten;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.ProgressListener;
import io.platen.disk.OpenDisk;
import io.platen.disk.QemuNbd;
import io.platen.hypervisor.LiveDisk;
import io.platen.nbd.NbdConnectionException;
import io.platen.process.RunDirectory;
import io.platen.process.ToolFailed;
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
  private final IndexStore indexes;
  private final RunDirectory run;
  private final int connections;
  private final CaptureTotals totals = new CaptureTotals();

  /**
   * Captures into the store of this writer.
   *
   * @param indexes those beside that store
   * @param threads how many threads the writer has for each capture; every one reads through a
   *     connection of its own
   */
  public Capture(ImageWriter writer, IndexStore indexes, RunDirectory run, int threads) {
    this.writer = writer;
    this.indexes = indexes;
    this.run = run;
    // One more walks along the extents.
    this.connections = threads + 1;
  }

  /**
   * Captures a disk, which stays open and is all there. When this returns, the index and all chunks
   * it names are durable; when it throws, there is no index.
   *
   * @param parent the name of the index of the base image that a launched machine's disk stands on;
   *     null for other disks
   * @param target the name of the index to make
   * @throws io.platen.disk.DiskException where the disk can't be read, or changed meanwhile
   * @throws io.platen.chunkstore.Cancelled after a cancellation
   * @throws IOException where the disk can't be read or the store can't be written
   */
  public ImageWritten run(
      OpenDisk disk,
      @Nullable String parent,
      String target,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException, InterruptedException {
    var written = captured(disk, false, parent, target, progress, cancellation);
    totals.add(written);
    return written;
  }

  /**
   * As {@link #run(OpenDisk, String, String, ProgressListener, Cancellation)}, of a disk that holds
   * what it held when it was captured before: nothing of it is read but what the store has lost.
   *
   * @param earlier the name of the index of that capture
   */
  public ImageWritten runUnchanged(
      OpenDisk disk,
      String earlier,
      String target,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException, InterruptedException {
    var written = captured(disk, true, earlier, target, progress, cancellation);
    totals.add(written);
    return written;
  }

  /**
   * Captures the disk of a running machine, as it was when it was opened; as {@link #run(OpenDisk,
   * String, String, ProgressListener, Cancellation)}.
   */
  public ImageWritten run(
      LiveDisk disk,
      @Nullable String parent,
      String target,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException {
    var written =
        write(
            parentSize -> new LiveImageSource(disk, parentSize),
            parent,
            target,
            progress,
            cancellation);
    totals.add(written);
    return written;
  }

  private ImageWritten captured(
      OpenDisk disk,
      boolean unchanged,
      @Nullable String parent,
      String target,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException, InterruptedException {
    Path path = disk.disk().path();
    var raw = disk.raw();
    if (raw.isPresent()) {
      return write(
          over(unchanged, _ -> new RawImageSource(path, raw.get())),
          parent,
          target,
          progress,
          cancellation);
    }
    var overlay = disk.overlay();
    if (overlay.isPresent()) {
      return write(
          over(unchanged, parentSize -> new OverlayImageSource(overlay.get(), parentSize)),
          parent,
          target,
          progress,
          cancellation);
    }
    return throughNbd(disk, unchanged, parent, target, progress, cancellation);
  }

  private ImageWritten throughNbd(
      OpenDisk disk,
      boolean unchanged,
      @Nullable String parent,
      String target,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException, InterruptedException {
    try (var nbd = QemuNbd.open(disk, run, connections)) {
      try {
        return write(
            over(unchanged, parentSize -> new NbdImageSource(nbd.socket(), disk, parentSize)),
            parent,
            target,
            progress,
            cancellation);
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

  /** Opens what is captured, over a parent's image of so many bytes; 0 where there is none. */
  private interface SourceOver {
    ImageSource of(long parentSize) throws IOException;
  }

  /** Where the disk is unchanged, its parent is the whole disk, and not what it stands on. */
  private static SourceOver over(boolean unchanged, SourceOver source) {
    return unchanged ? _ -> new UnchangedSource(source.of(0)) : source;
  }

  private ImageWritten write(
      SourceOver source,
      @Nullable String parent,
      String target,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException {
    if (parent == null) {
      return writer.write(source.of(0), null, target, progress, cancellation);
    }
    try (var index = indexes.open(parent)) {
      return writer.write(source.of(index.size()), index, target, progress, cancellation);
    }
  }

  /** What was captured so far. */
  public CaptureTotals totals() {
    return totals;
  }
}
