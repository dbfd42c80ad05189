package io.platen.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.FileChunkStore;
import io.platen.chunkstore.FileIndexStore;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.ProgressListener;
import io.platen.chunkstore.Workspaces;
import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.disk.ImageRefused;
import io.platen.disk.OpenDisk;
import io.platen.disk.Shell;
import io.platen.process.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every kind of image that qemu-img makes and qemu-io writes to is captured exactly; cut short
 * anywhere it is refused, unless what is left is the whole disk.
 */
final class EveryImageIT {
  private static final int MIB = 1 << 20;

  /** Of no whole cluster, grain or block. */
  private static final int ODD = 5 * MIB + 3 * 512;

  /** Of whole ones, but for the largest. */
  private static final int EVEN = 4 * MIB;

  /** As many as there are cores for qemu-img and qemu-nbd. */
  private static final int THREADS = 4;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path dir;

  private Workspaces workspaces = new Workspaces(8);

  @SuppressWarnings("NullAway.Init")
  private FileChunkStore store;

  @SuppressWarnings("NullAway.Init")
  private Capture capture;

  private final AtomicInteger names = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();
  private final AtomicInteger exact = new AtomicInteger();

  @BeforeEach
  void openAStore() throws IOException {
    store = FileChunkStore.open(dir.resolve("x.castr"));
    var run = RunDirectory.open(dir.resolve("run"));
    var indexes = new FileIndexStore(dir);
    capture = new Capture(new ImageWriter(store, indexes, workspaces, 1), indexes, run, 1);
  }

  @AfterEach
  void closeTheStore() throws IOException {
    store.close();
    workspaces.close();
  }

  /** A kind of image: its format, the options to create it with, and how data gets into it. */
  private record Kind(String format, String options, boolean compressed) {
    static Kind of(String format, String... options) {
      return new Kind(format, String.join(",", options), false);
    }

    Kind deflated() {
      return new Kind(format, options, true);
    }
  }

  private static List<Kind> kinds() {
    var kinds = new ArrayList<Kind>();
    for (var cluster : List.of("512", "4k", "64k", "2M")) {
      String size = "cluster_size=" + cluster;
      kinds.add(Kind.of("qcow2", size, "compat=0.10"));
      kinds.add(Kind.of("qcow2", size, "compat=0.10").deflated());
      kinds.add(Kind.of("qcow2", size).deflated());
      kinds.add(Kind.of("qcow2", size, "compression_type=zstd").deflated());
      for (var preallocation : List.of("off", "metadata", "falloc", "full")) {
        kinds.add(Kind.of("qcow2", size, "preallocation=" + preallocation));
      }
    }
    for (var cluster : List.of("16k", "128k", "2M")) {
      for (var preallocation : List.of("off", "metadata")) {
        kinds.add(
            Kind.of(
                "qcow2",
                "extended_l2=on",
                "cluster_size=" + cluster,
                "preallocation=" + preallocation));
      }
    }
    kinds.add(Kind.of("qcow2", "extended_l2=on").deflated());
    kinds.add(Kind.of("qcow2", "lazy_refcounts=on"));
    kinds.add(Kind.of("qcow2", "refcount_bits=1", "cluster_size=1k"));
    kinds.add(Kind.of("qcow2", "refcount_bits=64", "cluster_size=32k"));
    kinds.add(Kind.of("vmdk", "subformat=monolithicSparse"));
    kinds.add(Kind.of("vmdk", "subformat=monolithicSparse", "zeroed_grain=on"));
    kinds.add(Kind.of("vmdk", "adapter_type=lsilogic", "hwversion=6"));
    kinds.add(Kind.of("vmdk", "compat6=on"));
    kinds.add(Kind.of("vmdk", "subformat=streamOptimized").deflated());
    for (var preallocation : List.of("off", "falloc", "full")) {
      kinds.add(Kind.of("vdi", "static=on", "preallocation=" + preallocation));
      kinds.add(Kind.of("raw", "preallocation=" + preallocation));
    }
    kinds.add(Kind.of("vdi"));
    for (var block : List.of("1M", "2M", "16M")) {
      kinds.add(Kind.of("vhdx", "block_size=" + block));
      kinds.add(Kind.of("vhdx", "block_size=" + block, "subformat=fixed"));
    }
    kinds.add(Kind.of("vhdx", "log_size=2M"));
    return kinds;
  }

  private Path fresh(String suffix) {
    return dir.resolve("i" + names.incrementAndGet() + "." + suffix);
  }

  /** A disk with data that compresses and data that does not, zeros and holes, up to its end. */
  private Path source(int size) throws IOException {
    Path raw = fresh("raw");
    var random = new Random(size);
    Shell.truncate(raw, size);
    for (int at = 0; at < size; at += 1 + random.nextInt(MIB)) {
      byte[] data = new byte[Math.min(size - at, 1 + random.nextInt(MIB / 2))];
      random.nextBytes(data);
      int same = random.nextInt(data.length);
      Arrays.fill(data, 0, same, (byte) random.nextInt(3));
      Shell.patch(raw, at, data);
      at += data.length;
    }
    byte[] end = new byte[70_000];
    random.nextBytes(end);
    Shell.patch(raw, size - end.length, end);
    return raw;
  }

  private Path converted(Kind kind, Path source) throws Exception {
    Path image = fresh(kind.format());
    var command = new ArrayList<>(List.of("qemu-img", "convert", "-f", "raw", "-O"));
    command.add(kind.format());
    if (kind.compressed() && kind.format().equals("qcow2")) {
      command.add("-c");
    }
    if (!kind.options().isEmpty()) {
      command.add("-o" + kind.options());
    }
    command.addAll(List.of(source.toString(), image.toString()));
    Shell.succeed(command.toArray(String[]::new));
    return image;
  }

  /** As machines do it: the image grows with what is written, in any order. */
  private Path written(Kind kind, int size) throws Exception {
    Path image = fresh(kind.format());
    var create = new ArrayList<>(List.of("qemu-img", "create", "-q", "-f", kind.format()));
    if (!kind.options().isEmpty()) {
      create.add("-o" + kind.options());
    }
    create.addAll(List.of(image.toString(), Integer.toString(size)));
    Shell.succeed(create.toArray(String[]::new));
    var write = new ArrayList<>(List.of("qemu-io", "-f", kind.format(), "-d", "unmap"));
    for (var action : kind.compressed() ? compressed(size) : actions(size, kind.hashCode())) {
      write.addAll(List.of("-c", action));
    }
    write.add(image.toString());
    Shell.succeed(write.toArray(String[]::new));
    return image;
  }

  private static List<String> actions(int size, int seed) {
    var random = new Random(seed);
    var actions = new ArrayList<String>();
    for (int i = 0; i < 12; i++) {
      long offset = 512L * random.nextInt(size / 512);
      long length = Math.min(size - offset, 512L * (1 + random.nextInt(300)));
      var action =
          switch (random.nextInt(6)) {
            case 0 -> "write -z";
            case 1 -> "discard";
            default -> "write -P " + random.nextInt(256);
          };
      actions.add(action + " " + offset + " " + length);
    }
    return actions;
  }

  /** Only whole clusters are compressed, each of them once. The file ends anywhere. */
  private static List<String> compressed(int size) {
    return Stream.iterate(0, at -> at < size, at -> at + 2 * MIB)
        .map(at -> "write -c -P %d %d %d".formatted(1 + at % 251, at, Math.min(2 * MIB, size - at)))
        .toList();
  }

  private Path asQemuReadsIt(Kind kind, Path image) throws Exception {
    Path raw = fresh("raw");
    Shell.succeed(
        "qemu-img", "convert", "-f", kind.format(), "-O", "raw", image.toString(), raw.toString());
    return raw;
  }

  /** The digest of the index: equal for disks that are equal, and for no others. */
  private String captured(String format, Path image) throws IOException, InterruptedException {
    String index = String.valueOf(fresh("caibx").getFileName());
    try (var open = OpenDisk.open(new Disk.Adopted(image, DiskFormat.parse(format)))) {
      return capture.run(open, null, index, ProgressListener.NONE, new Cancellation()).digest();
    }
  }

  private void assertCapturedAndCutShort(Kind kind, Path image, String expected)
      throws IOException, InterruptedException {
    assertThat(captured(kind.format(), image)).as("%s", kind).isEqualTo(expected);
    if (kind.format().equals("raw")) {
      return; // it is not known
    }
    for (long length : cuts(Files.size(image))) {
      Shell.truncate(image, length);
      try {
        assertThat(captured(kind.format(), image))
            .as("%s, cut to %d bytes", kind, length)
            .isEqualTo(expected);
        exact.incrementAndGet();
      } catch (ImageRefused e) {
        assertThat(e).hasMessageContaining(image.toString());
        refused.incrementAndGet();
      }
    }
    Files.delete(image);
  }

  /** The last byte, sector and more, always less: halves of clusters, blocks and tables. */
  private static Set<Long> cuts(long length) {
    var random = new Random(length);
    var cuts = new TreeSet<Long>().descendingSet();
    for (long less : new long[] {1, 512, 33_000, MIB / 2 + 1}) {
      cuts.add(length - less);
    }
    cuts.add(length / 2 / 512 * 512);
    cuts.add(random.nextLong(length));
    cuts.removeIf(cut -> cut <= 0);
    return cuts;
  }

  private void forAll(List<Kind> kinds, ThrowingConsumer test) throws Exception {
    try (var threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<Void>> all = new ArrayList<>();
      for (var kind : kinds) {
        Callable<Void> task =
            () -> {
              test.accept(kind);
              return null;
            };
        all.add(threads.submit(task));
      }
      for (var one : all) {
        one.get();
      }
    }
  }

  private interface ThrowingConsumer {
    void accept(Kind kind) throws Exception;
  }

  @Test
  void whatQemuImgConvertsIsCapturedExactlyAndNothingLess() throws Exception {
    Path source = source(ODD);
    String expected = captured("raw", source);
    forAll(kinds(), kind -> assertCapturedAndCutShort(kind, converted(kind, source), expected));
    // What is cut off may be no part of the disk, but mostly it is.
    assertThat(refused).hasValueGreaterThan(exact.get());
    assertThat(exact).hasPositiveValue();
  }

  @Test
  void snapshotsAndBitmapsWithinAnImageAreNoPartOfItsDisk() throws Exception {
    var kinds =
        List.of(
            Kind.of("qcow2", "cluster_size=512"),
            Kind.of("qcow2", "cluster_size=64k", "preallocation=metadata"),
            Kind.of("qcow2", "cluster_size=64k").deflated(),
            Kind.of("qcow2", "cluster_size=2M"),
            Kind.of("qcow2", "extended_l2=on"));
    forAll(
        kinds,
        kind -> {
          Path image = written(kind, EVEN);
          Shell.succeed("qemu-img", "snapshot", "-c", "one", "" + image);
          Shell.succeed("qemu-img", "bitmap", "--add", "" + image, "bitmap");
          Shell.succeed(
              "qemu-io", "-f", "qcow2", "-c", "write -P 9 0 1M", "-c", "discard 2M 1M", "" + image);
          Shell.succeed("qemu-img", "snapshot", "-c", "two", "" + image);
          String expected = captured("raw", asQemuReadsIt(kind, image));
          assertCapturedAndCutShort(kind, image, expected);
        });
    assertThat(refused).hasPositiveValue();
  }

  @Test
  void whatMachinesWriteIsCapturedExactlyAndNothingLess() throws Exception {
    var kinds = new ArrayList<>(kinds());
    kinds.removeIf(kind -> kind.options().contains("streamOptimized")); // written once, as a whole
    forAll(
        kinds,
        kind -> {
          Path image = written(kind, kind.format().equals("qcow2") ? EVEN : ODD);
          String expected = captured("raw", asQemuReadsIt(kind, image));
          assertCapturedAndCutShort(kind, image, expected);
        });
    assertThat(refused).hasValueGreaterThan(exact.get());
  }
}
