package io.platen.disk;

import io.platen.process.ChildProcess;
import io.platen.process.Command;
import io.platen.process.Limits;
import io.platen.process.Program;
import io.platen.process.ToolFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Changes disks with {@code qemu-img}. QEMU's lock keeps it from a disk that is in use. */
public final class QemuImg {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private QemuImg() {}

  /**
   * Makes a machine's disk larger; one that has the size already is left as it is.
   *
   * @param bytes the new size
   * @throws IOException where the disk is larger already, or can't be written
   */
  public static void grow(Disk.Machine disk, long bytes) throws IOException, InterruptedException {
    // QEMU resizes no image that has one.
    removeInconsistentBitmaps(disk);
    try (OpenDisk open = OpenDisk.openForQemuToWrite(disk)) {
      if (open.size() > bytes) {
        throw new IOException(
            "the disk %s has %d bytes, and would be cut to %d"
                .formatted(disk.path(), open.size(), bytes));
      }
      if (open.size() < bytes) {
        run(open, bytes, "resize", "-q", name(open), Long.toString(bytes));
      }
    }
  }

  /** Removes the dirty bitmaps that are of no more use since QEMU was cut off. */
  public static void removeInconsistentBitmaps(Disk.Machine disk)
      throws IOException, InterruptedException {
    removeBitmaps(disk, Qcow2Bitmaps.Entry::isInconsistent);
  }

  private static void removeBitmaps(Disk.Machine disk, Predicate<Qcow2Bitmaps.Entry> which)
      throws IOException, InterruptedException {
    try (OpenDisk open = OpenDisk.openForQemuToWrite(disk)) {
      for (var bitmap : open.bitmaps()) {
        if (which.test(bitmap)) {
          run(open, open.size(), "bitmap", "--remove", alone(open), bitmap.name());
        }
      }
    }
  }

  /**
   * Has QEMU note, from now on, what is written to a machine's disk, whatever opens it for writing.
   *
   * @param bitmap the name of the dirty bitmap to make
   * @param machineId whose disk it is; older bitmaps of this machine are removed
   * @param kept those of them that stay: the newest that is there
   */
  public static void beginBitmap(
      Disk.Machine disk, String bitmap, String machineId, List<String> kept)
      throws IOException, InterruptedException {
    removeOlder(disk, DirtyBitmap.prefix(machineId), kept);
    Path mark = disk.path().resolveSibling("bitmap-mark.qcow2");
    try (OpenDisk open = OpenDisk.openForQemuToWrite(disk)) {
      long size = open.size();
      makeMark(open, mark);
      run(
          open,
          size,
          "bitmap",
          "--add",
          "-g",
          Long.toString(DirtyBitmap.GRANULARITY),
          "--merge",
          "mark",
          "-b",
          mark.toString(),
          "-F",
          "qcow2",
          alone(open),
          bitmap);
    } finally {
      Files.deleteIfExists(mark);
    }
  }

  private static void removeOlder(Disk.Machine disk, String prefix, List<String> wanted)
      throws IOException, InterruptedException {
    List<Qcow2Bitmaps.Entry> there;
    try (OpenDisk open = OpenDisk.openForQemuToWrite(disk)) {
      there = open.bitmaps();
    }
    var whole = there.stream().filter(Qcow2Bitmaps.Entry::isWhole).map(Qcow2Bitmaps.Entry::name);
    var names = whole.toList();
    var kept = wanted.stream().filter(names::contains).findFirst();
    removeBitmaps(
        disk,
        old ->
            old.isInconsistent()
                || (old.name().startsWith(prefix) && kept.filter(old.name()::equals).isEmpty()));
  }

  /** An empty image of a disk's size, with a bitmap that marks its end; see {@link DirtyBitmap}. */
  private static void makeMark(OpenDisk disk, Path file) throws IOException, InterruptedException {
    long size = disk.size();
    run(disk, size, "create", "-q", "-f", "qcow2", file.toString(), Long.toString(size));
    run(
        disk,
        size,
        "bitmap",
        "--add",
        "-f",
        "qcow2",
        "-g",
        Long.toString(DirtyBitmap.GRANULARITY),
        file.toString(),
        "mark");
    run(
        disk,
        Program.QEMU_IO,
        List.of(
            "-f",
            "qcow2",
            "-c",
            "write -z %d %d".formatted(DirtyBitmap.markOffset(size), DirtyBitmap.MARK_BYTES),
            file.toString()),
        size);
  }

  /** For bitmaps: "qemu-img bitmap" opens no image below, and takes none. */
  private static String alone(OpenDisk disk) throws IOException {
    return BlockNode.writableAlone(disk);
  }

  private static String name(OpenDisk disk) throws IOException {
    return "json:" + BlockNode.writable(disk);
  }

  private static void run(OpenDisk disk, long bytes, String... arguments)
      throws IOException, InterruptedException {
    run(disk, Program.QEMU_IMG, new ArrayList<>(List.of(arguments)), bytes);
  }

  private static void run(OpenDisk disk, Program program, List<String> arguments, long bytes)
      throws IOException, InterruptedException {
    try (ChildProcess child =
        ChildProcess.start(new Command(program, arguments, Limits.changing(bytes), 0))) {
      child.await(LIMIT);
    } catch (ToolFailed e) {
      throw e.with(disk::withPaths);
    }
  }
}
