import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * What must not grow with the disk. Four disks hold the same files, shifted by some bytes each, so
 * that no two have a chunk in common.
 *
 * <p>Arguments: the platen launcher, a working directory, a disk.
 */
final class Limits {
  private static final int AT_ONCE = 4;
  private static final long GIB = 1L << 30;

  private final Path platen;
  private final Path work;
  private final Path disk;

  private Limits(Path platen, Path work, Path disk) {
    this.platen = platen;
    this.work = work;
    this.disk = disk;
  }

  public static void main(String[] args) throws Exception {
    var limits = new Limits(Path.of(args[0]), Path.of(args[1]), Path.of(args[2]));
    System.out.println("| four captures at once | seconds | most memory of the server |");
    System.out.println("|---|---|---|");
    limits.four(4);
    limits.four(256);
    System.out.println();
    System.out.println("| capture of an empty disk | seconds | most memory of the server |");
    System.out.println("|---|---|---|");
    for (long size : List.of(1000L, 4000L, 16000L)) {
      limits.empty(size);
    }
  }

  private void four(long gib) throws Exception {
    try (var server = PlatenServer.start(platen, work.resolve("data"))) {
      var machines = new ArrayList<String>();
      for (int i = 0; i < AT_ONCE; i++) {
        machines.add(server.adopt(shifted(i, gib)));
      }
      Tool.run("sync");
      server.resetPeak();
      long start = System.nanoTime();
      var begun = new ArrayList<PlatenServer.Begun>();
      for (String machine : machines) {
        begun.add(server.beginCapture(machine));
      }
      for (var capture : begun) {
        server.await(capture, 20);
      }
      System.out.printf(
          "| %d GiB disks | %.1f | %d MiB |%n",
          gib, (System.nanoTime() - start) / 1e9, server.peakResident() >> 20);
    }
    Tool.delete(work.resolve("data"));
    for (int i = 0; i < AT_ONCE; i++) {
      Files.delete(work.resolve(i + ".raw"));
    }
  }

  /** The disk's data, a little further on, in a disk of this size, and its end at the end. */
  private Path shifted(int number, long gib) throws Exception {
    Path shifted = work.resolve(number + ".raw");
    try (var to = new RandomAccessFile(shifted.toFile(), "rw");
        var from = FileChannel.open(disk, StandardOpenOption.READ)) {
      to.setLength(gib * GIB);
      long length = Math.min(from.size(), gib * GIB) - 4096L * AT_ONCE;
      long half = length / 2;
      copy(from, 0, to.getChannel(), 4096L * number, half);
      copy(from, half, to.getChannel(), gib * GIB - (length - half) - 4096L * number, length - half);
    }
    return shifted;
  }

  private static void copy(FileChannel from, long start, FileChannel to, long target, long length)
      throws Exception {
    var buffer = java.nio.ByteBuffer.allocateDirect(1 << 16);
    var zeros = java.nio.ByteBuffer.allocateDirect(1 << 16);
    for (long done = 0; done < length; ) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), length - done));
      int read = from.read(buffer, start + done);
      buffer.flip();
      if (buffer.mismatch(zeros.clear().limit(read)) >= 0) {
        to.write(buffer, target + done);
      }
      done += read;
    }
  }

  private void empty(long gib) throws Exception {
    Path empty = work.resolve("empty.raw");
    try (var file = new RandomAccessFile(empty.toFile(), "rw")) {
      file.setLength(gib * GIB);
    }
    try (var server = PlatenServer.start(platen, work.resolve("data"))) {
      String machine = server.adopt(empty);
      Tool.run("sync");
      server.resetPeak();
      var done = server.capture(machine);
      System.out.printf(
          "| %,d GB | %.2f | %d MiB |%n", gib, done.sample().seconds(), server.peakResident() >> 20);
    }
    Tool.delete(work.resolve("data"));
    Files.delete(empty);
  }
}
