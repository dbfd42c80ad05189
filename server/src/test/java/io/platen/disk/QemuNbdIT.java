package io.platen.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.platen.process.RunDirectory;
import io.platen.process.ToolFailed;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QemuNbdIT {
  private static final long GB = 1L << 30;
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir Path dir;
  Path raw = Path.of("");

  @BeforeEach
  void makeADisk() throws IOException {
    raw = Shell.rawDisk(dir);
  }

  private RunDirectory run() throws IOException {
    return RunDirectory.open(dir.resolve("run"));
  }

  private static String uri(Served served) {
    return "nbd+unix:///?socket=" + served.nbd().socket();
  }

  private static long exportSize(Served served) throws IOException, InterruptedException {
    return Long.parseLong(Shell.succeed("nbdinfo", "--size", uri(served)).strip());
  }

  private void assertServes(Disk disk, Path expected) throws Exception {
    Path copy = dir.resolve("copy.raw");
    try (Served served = Served.open(disk, run(), 4)) {
      assertThat(exportSize(served)).isEqualTo(served.nbd().size());
      Shell.succeed("nbdcopy", uri(served), copy.toString());
    }
    assertThat(Files.mismatch(copy, expected)).isEqualTo(-1);
    Files.delete(copy);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "raw",
        "qcow2",
        "qcow2 -c",
        "qcow2 -o extended_l2=on",
        "vmdk",
        "vmdk -o subformat=streamOptimized",
        "vdi",
        "vhdx"
      })
  void eachFormatIsServedAsConvertWouldCopyItAndTheSourceStaysAsItWas(String variant)
      throws Exception {
    String[] parts = variant.split(" ", 2);
    Path image =
        Shell.convert(
            raw,
            dir.resolve("source"),
            parts[0],
            parts.length > 1 ? parts[1].split(" ") : new String[0]);
    FileTime old = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));
    Files.setLastModifiedTime(image, old);
    String before = Shell.succeed("sha256sum", image.toString());

    assertServes(new Disk.Adopted(image, DiskFormat.parse(parts[0])), raw);

    assertThat(Shell.succeed("sha256sum", image.toString())).isEqualTo(before);
    assertThat(Files.getLastModifiedTime(image)).isEqualTo(old);
  }

  @Test
  void aRawDiskThatHoldsAQcow2HeaderIsServedAsItIs() throws Exception {
    Path inner = dir.resolve("inner");
    Shell.succeed(
        "qemu-img",
        "create",
        "-q",
        "-u",
        "-f",
        "qcow2",
        "-F",
        "raw",
        "-b",
        "/etc/passwd",
        "" + inner,
        "1G");
    Shell.truncate(inner, 1 << 20);
    assertServes(new Disk.Adopted(inner, DiskFormat.RAW), inner);
  }

  @Test
  void aRawDiskOfAnOddSizeIsServedInWholeSectorsEndingInZeros() throws Exception {
    byte[] odd = new byte[1000];
    Arrays.fill(odd, (byte) 7);
    Path image = Files.write(dir.resolve("odd"), odd);
    Path padded = Files.write(dir.resolve("padded"), Arrays.copyOf(odd, 1024));
    assertServes(new Disk.Adopted(image, DiskFormat.RAW), padded);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "with, comma=1.raw",
        "quote\"back\\slash.raw",
        "nbd:localhost:10809",
        "json:{}",
        "-dash",
        "new\nline",
        "%s%n\\u0041",
        "file=x,,y"
      })
  void anyFileNameIsJustAName(String name) throws Exception {
    Path image = Files.copy(raw, dir.resolve(name));
    assertServes(new Disk.Adopted(image, DiskFormat.RAW), raw);
    Path qcow2 = dir.resolve(name + ".q");
    Files.move(Shell.convert(raw, dir.resolve("tmp.qcow2"), "qcow2"), qcow2);
    assertServes(new Disk.Adopted(qcow2, DiskFormat.QCOW2), raw);
  }

  @Test
  void aRelativePathIsServed() throws Exception {
    Path relative = Path.of("").toAbsolutePath().relativize(raw);
    assertServes(new Disk.Adopted(relative, DiskFormat.RAW), raw);
  }

  @Test
  void holesAndDepthsOfAMachinesDiskAreTold() throws Exception {
    Path overlay = dir.resolve("disk.qcow2");
    QcowOverlay.create(overlay, raw, raw.getFileName().toString(), GB);
    Shell.succeed("qemu-io", "-f", "qcow2", "-c", "write -P 5 64k 64k", overlay.toString());
    try (Served served = Served.open(new Disk.Machine(overlay, raw), run(), 2)) {
      assertThat(exportSize(served)).isEqualTo(GB).isEqualTo(served.nbd().size());
      // The base image has 24 MiB; what is beyond its end counts as the base image's too.
      assertThat(
              Shell.succeed("nbdinfo", "--map=qemu:allocation-depth", uri(served))
                  .lines()
                  .map(l -> l.strip().replaceAll(" +", " ")))
          .containsExactly(
              "0 65536 2 backing depth 2",
              "65536 65536 1 local",
              "131072 1073610752 2 backing depth 2");
      assertThat(Shell.succeed("nbdinfo", "--map", uri(served))).contains("hole,zero");
    }
  }

  @Test
  void holesOfARawDiskAreTold() throws Exception {
    try (Served served = Served.open(new Disk.Adopted(raw, DiskFormat.RAW), run(), 2)) {
      assertThat(Shell.succeed("nbdinfo", "--map", uri(served))).contains("hole,zero");
    }
  }

  /** A connection is lost before the end of the process can be seen. */
  @Test
  void whyAServerFailedIsToldThoughItEndsAfterTheQuestion() throws Exception {
    try (Served served = Served.open(new Disk.Adopted(raw, DiskFormat.RAW), run(), 2)) {
      var answer = new CompletableFuture<Optional<ToolFailed>>();
      Thread asker =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      answer.complete(served.nbd().failure());
                    } catch (InterruptedException e) {
                      answer.completeExceptionally(e);
                    }
                  });
      await()
          .atMost(SOON)
          .until(() -> answer.isDone() || asker.getState() == Thread.State.TIMED_WAITING);
      assertThat(ProcessHandle.of(served.nbd().pid()).orElseThrow().destroyForcibly()).isTrue();
      assertThat(answer.get(SOON.toSeconds(), TimeUnit.SECONDS)).isPresent();
    }
  }

  @Test
  void aMachinesBaseIsTheOneGivenEvenIfTheHeaderIsChangedLater() throws Exception {
    Path base = Files.copy(raw, dir.resolve("base.raw"));
    Path overlay = dir.resolve("disk.qcow2");
    QcowOverlay.create(overlay, base, "base.raw", 24 << 20);
    assertServes(new Disk.Machine(overlay, base), raw);
    Shell.patch(overlay, 136, "/etc/pas".getBytes(StandardCharsets.US_ASCII));
    assertThatThrownBy(() -> Served.open(new Disk.Machine(overlay, base), run(), 1))
        .isInstanceOf(ImageRefused.class);
    // What QEMU is told does not depend on the header.
    Path elsewhere = Files.copy(overlay, dir.resolve("elsewhere.qcow2"));
    Disk chain =
        new Disk.Chain(
            List.of(
                new Disk.Adopted(elsewhere, DiskFormat.QCOW2),
                new Disk.Adopted(base, DiskFormat.RAW)),
            2);
    assertServes(chain, raw);
  }

  @Test
  void aMissingBaseIsNamed() throws Exception {
    Path base = Files.copy(raw, dir.resolve("base.raw"));
    Path overlay = dir.resolve("disk.qcow2");
    QcowOverlay.create(overlay, base, "base.raw", 24 << 20);
    Files.delete(base);
    assertThatThrownBy(() -> Served.open(new Disk.Machine(overlay, base), run(), 1))
        .isInstanceOf(DiskUnreadable.class)
        .hasMessageContaining(base.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"raw", "qcow2", "vmdk", "vdi", "vhdx"})
  void aDiskThatAnotherProcessWritesIsLocked(String format) throws Exception {
    Path image = Shell.convert(raw, dir.resolve("source"), format);
    Path socket = dir.resolve("w.sock");
    Process writer =
        new ProcessBuilder(
                "qemu-nbd", "-t", "-f", format, "-k", socket.toString(), image.toString())
            .inheritIO()
            .start();
    try {
      await().atMost(SOON).until(() -> RunDirectory.isListening(socket));
      assertThat(NbdGreeting.exportSize(socket, SOON)).isEqualTo(24 << 20);
      if (format.equals("vhdx")) {
        // An open VHDX is marked so in its header.
        assertThatThrownBy(() -> Served.open(disk(image, format), run(), 1))
            .isInstanceOfAny(DiskLocked.class, ImageRefused.class);
      } else {
        assertThatThrownBy(() -> Served.open(disk(image, format), run(), 1))
            .isInstanceOf(DiskLocked.class)
            .hasMessageContaining(image.toString())
            .hasMessageContaining("shut the machine");
      }
    } finally {
      writer.destroy();
      writer.waitFor();
    }
    assertServes(disk(image, format), raw);
    try (DirectoryStream<Path> left = Files.newDirectoryStream(dir.resolve("run"))) {
      assertThat(left).isEmpty();
    }
  }

  private static Disk disk(Path image, String format) {
    return new Disk.Adopted(image, DiskFormat.parse(format));
  }

  @ParameterizedTest
  @ValueSource(strings = {"raw", "qcow2"})
  void noMachineCanStartToWriteWhileADiskIsOpen(String format) throws Exception {
    Path image = Shell.convert(raw, dir.resolve("source"), format);
    List<String> write = List.of("qemu-io", "-f", format, "-c", "write 0 4k", image.toString());
    try (Served served = Served.open(disk(image, format), run(), 1)) {
      assertThat(served.nbd().failure()).isEmpty();
      Shell.Result result = Shell.run(write.toArray(String[]::new));
      assertThat(result.status()).isNotZero();
      assertThat(result.output()).contains("lock");
    }
    Shell.succeed(write.toArray(String[]::new));
  }

  @Test
  void twoCanReadOneDisk() throws Exception {
    Disk disk = new Disk.Adopted(raw, DiskFormat.RAW);
    try (Served one = Served.open(disk, run(), 1);
        Served two = Served.open(disk, run(), 1)) {
      assertThat(exportSize(one)).isEqualTo(exportSize(two));
    }
  }

  @Test
  void closingIsQuickWithAClientConnectedAndLeavesNothing() throws Exception {
    Served served = Served.open(new Disk.Adopted(raw, DiskFormat.RAW), run(), 1);
    try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      client.connect(UnixDomainSocketAddress.of(served.nbd().socket()));
      long start = System.nanoTime();
      served.close();
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(7));
    }
    assertThat(served.nbd().socket()).doesNotExist();
    assertThat(ProcessHandle.of(served.nbd().pid())).isEmpty();
  }

  @Test
  void aServerThatEndedSaysHow() throws Exception {
    try (Served served = Served.open(new Disk.Adopted(raw, DiskFormat.RAW), run(), 1)) {
      Shell.succeed("kill", "-9", "" + served.nbd().pid());
      await().atMost(SOON).until(() -> served.nbd().failure().isPresent());
      assertThat(served.nbd().failure())
          .hasValueSatisfying(f -> assertThat(f).hasMessageContaining("signal 9"));
    }
  }

  @Test
  void theServerMayWriteNoFile() throws Exception {
    try (Served served = Served.open(new Disk.Adopted(raw, DiskFormat.RAW), run(), 1)) {
      assertThat(Files.readAllLines(Path.of("/proc/" + served.nbd().pid() + "/limits")))
          .anyMatch(l -> l.matches("Max file size +0 +0 .*"))
          .anyMatch(l -> l.matches("Max address space +4294967296 .*"));
    }
  }

  @Test
  void anImageThatPassesTheHeaderCheckButNotQemuFailsWithItsWords() throws Exception {
    Path image = Shell.convert(raw, dir.resolve("s.qcow2"), "qcow2");
    Shell.patch(image, 63, (byte) 1); // one snapshot, in a table that is none
    Shell.patch(image, 64, new byte[] {0, 0, 0, 0, 0, 5, 0, 0});
    Shell.patch(
        image, 0x50000, new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1});
    assertThatThrownBy(() -> Served.open(new Disk.Adopted(image, DiskFormat.QCOW2), run(), 1))
        .isInstanceOf(ToolFailed.class)
        .hasMessageContaining("qemu-nbd failed with exit status 1, saying");
  }

  @Test
  void aBlockDeviceIsServed() throws Exception {
    Shell.Result loop = Shell.run("losetup", "--find", "--show", "--read-only", raw.toString());
    assumeThat(loop.status()).as("needs the right to set up a loop device").isZero();
    String device = loop.output().strip();
    try {
      Disk disk = new Disk.Adopted(Path.of(device), DiskFormat.RAW);
      assertThat(OpenDisk.open(disk).size()).isEqualTo(24 << 20);
      assertServes(disk, raw);
    } finally {
      Shell.succeed("losetup", "--detach", device);
    }
  }

  @Test
  void openingIsQuick() throws Exception {
    Disk disk = new Disk.Adopted(raw, DiskFormat.RAW);
    Served.open(disk, run(), 1).close();
    long start = System.nanoTime();
    for (int i = 0; i < 10; i++) {
      Served.open(disk, run(), 1).close();
    }
    System.out.printf("QemuNbd open and close: %.1f ms%n", (System.nanoTime() - start) / 10e6);
  }
}
