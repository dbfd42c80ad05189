package io.platen.capture;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ImageSource;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.ImageWritten;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.IndexMissing;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.ProgressListener;
import io.platen.disk.DirtyRanges;
import io.platen.disk.OpenDisk;
import io.platen.disk.QemuNbd;
import io.platen.hypervisor.LiveDisk;
import io.platen.hypervisor.WrittenSince;
import io.platen.nbd.NbdConnectionException;
import io.platen.process.RunDirectory;
import io.platen.process.ToolFailed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Turns a disk into an index and chunks. The disk is only read, and QEMU's locks keep writers away
 * meanwhile.
 */
public final class Capture {
  private static final Logger LOG = Logger.getLogger(Capture.class);

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
    var written = captured(disk, null, parent, target, progress, cancellation);
    totals.add(written);
    return written;
  }

  /**
   * As {@link #run(OpenDisk, String, String, ProgressListener, Cancellation)}, of a disk of which
   * it is known what was written to it since it was captured before: of the rest nothing is read
   * but what the store has lost.
   *
   * @param earlier the name of the index of that capture
   */
  public ImageWritten runSince(
      OpenDisk disk,
      DirtyRanges dirty,
      String earlier,
      String target,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException, InterruptedException {
    var written = captured(disk, dirty, earlier, target, progress, cancellation);
    totals.add(written);
    return written;
  }

  /**
   * Captures the disk of a running machine, as it was when it was opened; as {@link #run(OpenDisk,
   * String, String, ProgressListener, Cancellation)}.
   *
   * @param earlier the index of the capture since which the disk tells what was written; null for
   *     none
   */
  public ImageWritten run(
      LiveDisk disk,
      @Nullable String parent,
      @Nullable String earlier,
      String target,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException {
    var since = disk.writtenSince();
    var written =
        earlier == null || since.isEmpty()
            ? Optional.<ImageWritten>empty()
            : since(disk, since.get(), earlier, target, progress, cancellation);
    if (written.isEmpty()) {
      written =
          Optional.of(
              write(
                  parentSize -> LiveImageSource.over(disk, parentSize),
                  parent,
                  target,
                  progress,
                  cancellation));
    }
    totals.add(written.get());
    return written.get();
  }

  /** Empty where the disk has to be read as a whole after all. */
  private Optional<ImageWritten> since(
      LiveDisk disk,
      WrittenSince since,
      String earlier,
      String target,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException {
    try (var index = indexes.open(earlier)) {
      var source = LiveImageSource.since(disk, index.size(), since);
      if (source.isPresent()) {
        return Optional.of(writer.write(source.get(), index, target, progress, cancellation));
      }
      LOG.infof("%s is read as a whole: it was smaller since %s", disk.export(), earlier);
    } catch (IndexMissing | IndexCorrupt e) {
      LOG.infof("%s is of no use, and the disk is read: %s", earlier, e.getMessage());
    }
    return Optional.empty();
  }

  private ImageWritten captured(
      OpenDisk disk,
      @Nullable DirtyRanges dirty,
      @Nullable String parent,
      String target,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException, InterruptedException {
    Path path = disk.disk().path();
    var raw = disk.raw();
    if (raw.isPresent()) {
      return write(
          over(dirty, _ -> new RawImageSource(path, raw.get())),
          parent,
          target,
          progress,
          cancellation);
    }
    var overlay = disk.overlay();
    if (overlay.isPresent()) {
      return write(
          over(dirty, parentSize -> new OverlayImageSource(overlay.get(), parentSize)),
          parent,
          target,
          progress,
          cancellation);
    }
    return throughNbd(disk, dirty, parent, target, progress, cancellation);
  }

  private ImageWritten throughNbd(
      OpenDisk disk,
      @Nullable DirtyRanges dirty,
      @Nullable String parent,
      String target,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException, InterruptedException {
    try (var nbd = QemuNbd.open(disk, run, connections)) {
      try {
        return write(
            over(dirty, parentSize -> new NbdImageSource(nbd.socket(), disk, parentSize)),
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

  /**
   * Where it is known what was written, the parent is the whole disk, and not what it stands on.
   */
  private static SourceOver over(@Nullable DirtyRanges dirty, SourceOver source) {
    return dirty == null ? source : parentSize -> new SinceSource(source.of(0), dirty, parentSize);
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
