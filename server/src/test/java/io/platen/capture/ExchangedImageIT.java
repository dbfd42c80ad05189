package io.platen.capture;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.FileChunkStore;
import io.platen.chunkstore.FileIndexStore;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.ProgressListener;
import io.platen.chunkstore.Workspaces;
import io.platen.disk.Disk;
import io.platen.disk.DiskException;
import io.platen.disk.DiskFormat;
import io.platen.disk.ImageRefused;
import io.platen.disk.OpenDisk;
import io.platen.disk.Shell;
import io.platen.process.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An image that becomes another one between its check and its reading: one whose data is a secret
 * file of the host.
 */
final class ExchangedImageIT {
  private static final int BYTES = 1 << 20;
  private static final int ROUNDS = 1000;
  private static final int THREADS = 4;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path dir;

  private final Workspaces workspaces = new Workspaces(THREADS);

  @SuppressWarnings("NullAway.Init")
  private FileChunkStore store;

  @SuppressWarnings("NullAway.Init")
  private Capture capture;

  @SuppressWarnings("NullAway.Init")
  private String expected;

  private final AtomicInteger names = new AtomicInteger();

  /** An image, and another of its size that leads to the secret. */
  enum Kind {
    DATA_FILE(DiskFormat.QCOW2) {
      @Override
      void hostile(Path image, Path secret) throws Exception {
        Shell.succeed(
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-o",
            "data_file=" + secret + ",data_file_raw=on",
            "-o",
            "preallocation=metadata",
            image.toString(),
            Integer.toString(BYTES));
      }
    },
    BACKING_FILE(DiskFormat.QCOW2) {
      @Override
      void hostile(Path image, Path secret) throws Exception {
        Shell.succeed(
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-F",
            "raw",
            "-b",
            secret.toString(),
            image.toString());
      }
    },
    FLAT_EXTENT(DiskFormat.VMDK) {
      @Override
      void hostile(Path image, Path secret) throws Exception {
        Files.writeString(
            image,
            """
            # Disk DescriptorFile
            version=1
            CID=12345678
            parentCID=ffffffff
            createType="monolithicFlat"
            RW %d FLAT "%s" 0
            ddb.adapterType = "ide"
            """
                .formatted(BYTES / 512, secret));
      }
    };

    private final DiskFormat format;

    Kind(DiskFormat format) {
      this.format = format;
    }

    abstract void hostile(Path image, Path secret) throws Exception;
  }

  @BeforeEach
  void makeADisk() throws Exception {
    store = FileChunkStore.open(dir.resolve("x.castr"));
    var run = RunDirectory.open(dir.resolve("run"));
    var indexes = new FileIndexStore(dir);
    capture = new Capture(new ImageWriter(store, indexes, workspaces, 1), indexes, run, 1);
    random("good.raw", 1);
    random("secret", 2);
    expected = captured(dir.resolve("good.raw"), DiskFormat.RAW);
  }

  private void random(String name, long seed) throws IOException {
    byte[] bytes = new byte[BYTES];
    new Random(seed).nextBytes(bytes);
    Files.write(dir.resolve(name), bytes);
  }

  @AfterEach
  void closeTheStore() throws IOException {
    store.close();
    workspaces.close();
  }

  private Path good(Kind kind) throws Exception {
    Path image = dir.resolve("good." + kind);
    Shell.succeed(
        "qemu-img",
        "convert",
        "-f",
        "raw",
        "-O",
        kind.format.label(),
        dir.resolve("good.raw").toString(),
        image.toString());
    return image;
  }

  private Path hostile(Kind kind) throws Exception {
    Path image = dir.resolve("hostile." + kind);
    // Making it empties the data file.
    kind.hostile(image, dir.resolve("secret"));
    random("secret", 2);
    assertThatThrownBy(() -> captured(image, kind.format)).isInstanceOf(ImageRefused.class);
    // QEMU does read the secret through it.
    assertThat(
            Shell.succeed(
                "qemu-img",
                "compare",
                "-f",
                kind.format.label(),
                "-F",
                "raw",
                image.toString(),
                dir.resolve("secret").toString()))
        .contains("identical");
    return image;
  }

  private String captured(Path image, DiskFormat format) throws IOException, InterruptedException {
    try (var open = OpenDisk.open(new Disk.Adopted(image, format))) {
      return captured(open);
    }
  }

  private String captured(OpenDisk open) throws IOException, InterruptedException {
    String index = "t" + names.incrementAndGet();
    return capture.run(open, null, index, ProgressListener.NONE, new Cancellation()).digest();
  }

  @ParameterizedTest
  @EnumSource
  void aFileThatTakesTheNameOfACheckedOneIsNotRead(Kind kind) throws Exception {
    Path image = Files.copy(good(kind), dir.resolve("image"));
    try (var open = OpenDisk.open(new Disk.Adopted(image, kind.format))) {
      Files.move(hostile(kind), image, REPLACE_EXISTING);
      assertThat(captured(open)).isEqualTo(expected);
    }
    assertThatThrownBy(() -> captured(image, kind.format)).isInstanceOf(ImageRefused.class);
  }

  @ParameterizedTest
  @EnumSource
  void aFileThatIsRewrittenAfterItsCheckIsNoTemplate(Kind kind) throws Exception {
    Path image = Files.copy(good(kind), dir.resolve("image"));
    byte[] other = Files.readAllBytes(hostile(kind));
    try (var open = OpenDisk.open(new Disk.Adopted(image, kind.format))) {
      Files.write(image, other, StandardOpenOption.TRUNCATE_EXISTING);
      assertThatThrownBy(() -> captured(open))
          .isInstanceOf(DiskException.class)
          .hasMessageContaining(image.toString());
    }
  }

  @ParameterizedTest
  @EnumSource
  void anImageOfAnyFormatIsTheOneThatWasChecked(DiskFormat format) throws Exception {
    Path image = converted("good.raw", format);
    Path other = converted("secret", format);
    try (var open = OpenDisk.open(new Disk.Adopted(image, format))) {
      Files.move(other, image, REPLACE_EXISTING);
      assertThat(captured(open)).isEqualTo(expected);
    }
    assertThat(captured(image, format)).isNotEqualTo(expected);
  }

  private Path converted(String raw, DiskFormat format) throws Exception {
    Path source = dir.resolve(raw);
    return Shell.convert(source, dir.resolve(raw + "." + format), format.label());
  }

  /** Two overlays over a raw image; each has something of its own. */
  private Disk.Chain chain() throws Exception {
    Path base = Files.copy(dir.resolve("good.raw"), dir.resolve("base"), REPLACE_EXISTING);
    Path middle = overlay("middle", base, "raw", "write -P 3 64k 64k");
    Path top = overlay("top", middle, "qcow2", "write -P 4 256k 64k");
    return new Disk.Chain(
        List.of(
            new Disk.Adopted(top, DiskFormat.QCOW2),
            new Disk.Adopted(middle, DiskFormat.QCOW2),
            new Disk.Adopted(base, DiskFormat.RAW)),
        0);
  }

  private Path overlay(String name, Path below, String format, String write) throws Exception {
    Path image = dir.resolve(name);
    Shell.succeed(
        "qemu-img", "create", "-q", "-f", "qcow2", "-F", format, "-b", "" + below, "" + image);
    Shell.succeed("qemu-io", "-f", "qcow2", "-c", write, "" + image);
    return image;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void noImageOfAChainIsExchanged(int which) throws Exception {
    var chain = chain();
    Path raw = dir.resolve("chain.raw");
    Shell.succeed("qemu-img", "convert", "-f", "qcow2", "-O", "raw", "" + chain.path(), "" + raw);
    String whole = captured(raw, DiskFormat.RAW);
    Path image = chain.images().get(which).path();
    byte[] other = Files.readAllBytes(which == 2 ? dir.resolve("secret") : hostile(Kind.DATA_FILE));
    try (var open = OpenDisk.open(chain)) {
      Files.delete(image);
      Files.write(image, other);
      assertThat(captured(open)).isEqualTo(whole);
    }
    try (var open = OpenDisk.open(chain())) {
      Files.write(image, other, StandardOpenOption.TRUNCATE_EXISTING);
      assertThatThrownBy(() -> captured(open))
          .isInstanceOf(DiskException.class)
          .hasMessageContaining(dir.toString());
    }
  }

  @Test
  void noMomentIsFoundInAThousandCaptures() throws Exception {
    var exact = new AtomicInteger();
    var refused = new AtomicInteger();
    var isEnded = new AtomicBoolean();
    try (var threads = Executors.newCachedThreadPool()) {
      List<Future<?>> all = new ArrayList<>();
      for (var kind : Kind.values()) {
        Path image = dir.resolve("image." + kind);
        Path good = good(kind);
        Path hostile = hostile(kind);
        Files.createLink(image, good);
        all.add(
            threads.submit(
                () -> {
                  exchange(image, good, hostile, isEnded);
                  return null;
                }));
      }
      var captures = new ArrayList<Future<?>>();
      for (int thread = 0; thread < THREADS; thread++) {
        captures.add(
            threads.submit(
                () -> {
                  for (int round = 0; round < ROUNDS / THREADS; round++) {
                    var kind = Kind.values()[round % Kind.values().length];
                    try {
                      assertThat(captured(dir.resolve("image." + kind), kind.format))
                          .as("%s", kind)
                          .isEqualTo(expected);
                      exact.incrementAndGet();
                    } catch (ImageRefused e) {
                      refused.incrementAndGet();
                    }
                  }
                  return null;
                }));
      }
      try {
        for (var each : captures) {
          each.get();
        }
      } finally {
        isEnded.set(true);
      }
      for (var each : all) {
        each.get();
      }
    }
    // That both happen; how often each does is a matter of who gets the processor.
    assertThat(exact).hasValueGreaterThan(ROUNDS / 100);
    assertThat(refused).hasValueGreaterThan(ROUNDS / 100);
  }

  /** Gives the name to one file and to the other, over and over. */
  private void exchange(Path name, Path one, Path other, AtomicBoolean isEnded) throws IOException {
    Path next = dir.resolve(name.getFileName() + ".next");
    var random = new Random(1);
    while (!isEnded.get()) {
      Files.createLink(next, random.nextBoolean() ? one : other);
      Files.move(next, name, StandardCopyOption.ATOMIC_MOVE);
      Files.deleteIfExists(next); // a link to the same file is not moved
    }
  }
}
