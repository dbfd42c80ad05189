package io.platen.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.disk.Disk;
import io.platen.disk.QcowOverlay;
import io.platen.linux.HostUser;
import io.platen.process.TimedWork;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is done to a machine's new disk, to real file systems. */
@Timeout(180)
class NewIdentityIT {
  private static final int MIB = 1 << 20;

  /** No name that a kernel gives; to debugfs it looks like a further line of its list. */
  private static final String FORGED = "a/4/\n/13/100644/0/0/ssh_host_ecdsa_key/5/\nb";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path directory;

  @SuppressWarnings("NullAway.Init")
  private Path etc;

  @SuppressWarnings("NullAway.Init")
  private Path run;

  @SuppressWarnings("NullAway.Init")
  private Disk.Machine disk;

  @BeforeAll
  static void fuse() {
    Assumptions.assumeTrue(
        HostUser.isRoot() && Files.exists(Path.of("/dev/fuse")), "FUSE mounts need root");
  }

  @BeforeEach
  void system() throws IOException {
    etc = directory.resolve("system/etc");
    run = Files.createDirectories(directory.resolve("run"));
    Files.createDirectories(etc.resolve("ssh"));
    Files.writeString(etc.resolve("hostname"), "original\n");
    Files.writeString(etc.resolve("machine-id"), "0".repeat(32) + "\n");
    Files.writeString(etc.resolve("passwd"), "root:x:0:0\n");
    Files.writeString(etc.resolve("ssh/ssh_host_ed25519_key"), "old\n");
    Files.writeString(etc.resolve("ssh/ssh_host_ed25519_key.pub"), "old\n");
  }

  private static String succeed(String... command) throws Exception {
    Path output = Files.createTempFile("output", ".txt");
    try {
      int status =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start()
              .waitFor();
      String text = Files.readString(output, StandardCharsets.ISO_8859_1);
      assertThat(status).as(String.join(" ", command) + ": " + text).isZero();
      return text;
    } finally {
      Files.delete(output);
    }
  }

  /** The new disk of a machine, over a base image that holds the system. */
  private void makeDisk() throws Exception {
    Path base = directory.resolve("base.raw");
    succeed(
        "mke2fs",
        "-q",
        "-t",
        "ext4",
        "-O",
        "^metadata_csum",
        "-d",
        directory.resolve("system").toString(),
        base.toString(),
        "32M");
    overlay(base);
  }

  private void overlay(Path base) throws IOException {
    Path machine = Files.createDirectories(directory.resolve("ps1"));
    disk = new Disk.Machine(machine.resolve("disk.qcow2"), base);
    QcowOverlay.create(disk.path(), base, "../base.raw", 64L * MIB);
  }

  private void give(TimedWork work) throws Exception {
    new NewIdentity(run).give("ps1", "a copy", disk, work);
  }

  private void give() throws Exception {
    give(new TimedWork("the work", NewIdentity.LIMIT));
  }

  private String said() throws IOException {
    return Files.readString(disk.path().resolveSibling("identity"));
  }

  private String file(String path) throws Exception {
    Path raw = directory.resolve("now.raw");
    succeed("qemu-img", "convert", "-O", "raw", disk.path().toString(), raw.toString());
    return succeed("debugfs", "-R", "cat \"" + path + "\"", raw.toString())
        .replaceFirst("debugfs .*\n", "");
  }

  private byte[] bytes() throws IOException {
    return Files.readAllBytes(disk.path());
  }

  private void assertNothingIsLeft() throws IOException {
    assertThat(run).isEmptyDirectory();
    assertThat(disk.path().resolveSibling("disk.identity")).doesNotExist();
    assertThat(Files.readString(Path.of("/proc/mounts"))).doesNotContain(directory.toString());
  }

  @Test
  void theDiskIsChangedTheBaseImageIsNotAndNoKeyIsLeft() throws Exception {
    makeDisk();
    byte[] base = Files.readAllBytes(disk.base());
    give();
    assertThat(said()).contains("host name a-copy").contains("SSH host key ed25519");
    assertThat(file("/etc/hostname")).isEqualTo("a-copy\n");
    assertThat(file("/etc/machine-id")).matches("[0-9a-f]{32}\n").doesNotContain("00000000");
    assertThat(file("/etc/ssh/ssh_host_ed25519_key")).contains("PRIVATE KEY");
    assertThat(Files.readAllBytes(disk.base())).isEqualTo(base);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(disk.path())))
        .isEqualTo("rw-------");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(disk.path().resolveSibling("identity"))))
        .isEqualTo("rw-------");
    assertNothingIsLeft();
    byte[] given = bytes();
    give();
    assertThat(bytes()).as("given once").isEqualTo(given);
  }

  @Test
  void namesThatAGuestChoseAreNoCommands() throws Exception {
    var names =
        List.of(
            "ssh_host_rsa_key\nrm passwd\n",
            "ssh_host_rsa_key; rm passwd",
            "\"; rm passwd; \"",
            FORGED.replace("/", "_"),
            "$(rm passwd)",
            "ssh_host_dsa_key",
            "-w",
            "é\u00a0機");
    for (var name : names) {
      Files.writeString(etc.resolve("ssh").resolve(name), "kept");
    }
    Files.writeString(etc.resolve("hostname"), "a\\Eb$1\nrm passwd\n\"");
    Files.write(etc.resolve("hosts"), new byte[] {'1', ' ', (byte) 0xe9, (byte) 0xff, '\n'});
    makeDisk();
    byte[] image = Files.readAllBytes(disk.base());
    patch(image, FORGED.replace("/", "_"), FORGED);
    Files.write(disk.base(), image);
    give();
    assertThat(said()).contains("host name a-copy").contains("SSH host key ecdsa");
    assertThat(file("/etc/passwd")).isEqualTo("root:x:0:0\n");
    assertThat(file("/etc/hostname")).isEqualTo("a-copy\n");
    assertThat(file("/etc/hosts")).isEqualTo("1 \u00e9\u00ff\n");
    assertThat(file("/etc/ssh/ssh_host_dsa_key")).isEqualTo("kept");
    assertThat(file("/etc/ssh/ssh_host_rsa_key; rm passwd")).isEqualTo("kept");
  }

  private static void patch(byte[] image, String before, String after) {
    String text = new String(image, StandardCharsets.ISO_8859_1);
    int at = text.indexOf(before);
    assertThat(at).isPositive();
    byte[] bytes = after.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(bytes, 0, image, at, bytes.length);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void aDiskWhoseFileSystemIsBrokenStaysAsItIsOrIsMendedAndChanged(long seed) throws Exception {
    makeDisk();
    var random = new Random(seed);
    try (var file = FileChannel.open(disk.base(), StandardOpenOption.WRITE)) {
      // All but the first bytes, which say that it is one; behind 8 MiB there is nothing.
      for (int i = 0; i < 200; i++) {
        byte[] garbage = new byte[512];
        random.nextBytes(garbage);
        file.write(ByteBuffer.wrap(garbage), 2048 + random.nextInt(8 * MIB));
      }
    }
    byte[] before = bytes();
    give();
    if (said().startsWith("unchanged: ")) {
      assertThat(bytes()).isEqualTo(before);
    } else {
      assertThat(file("/etc/hostname")).isEqualTo("a-copy\n");
    }
    assertNothingIsLeft();
  }

  @Test
  void withoutAFileSystemTheDiskStaysAsItIsAndThatIsSaid() throws Exception {
    Path base = directory.resolve("base.raw");
    byte[] noise = new byte[4 * MIB];
    new Random(7).nextBytes(noise);
    Files.write(base, noise);
    overlay(base);
    byte[] before = bytes();
    give();
    assertThat(said()).startsWith("unchanged: it has no ext4 file system");
    assertThat(bytes()).isEqualTo(before);
    assertNothingIsLeft();
  }

  /** Cancels as soon as a file appears. */
  private TimedWork cancelledAt(Path file) {
    var work = new TimedWork("the work", NewIdentity.LIMIT);
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
              while (!Files.exists(file) && System.nanoTime() < end) {
                Thread.onSpinWait();
              }
              work.cancel();
            });
    return work;
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "disk", "files", "files/file0", "keys/ssh_host_ed25519_key"})
  void aCancellationAtAnyMomentLeavesTheDiskAsItWasAndTheNextStartChangesIt(String moment)
      throws Exception {
    makeDisk();
    byte[] before = bytes();
    assertThatThrownBy(() -> give(cancelledAt(run.resolve("identity-ps1").resolve(moment))))
        .isInstanceOf(TimedWork.Cancelled.class);
    assertThat(bytes()).isEqualTo(before);
    assertThat(disk.path().resolveSibling("identity")).doesNotExist();
    assertNothingIsLeft();
    give();
    assertThat(file("/etc/hostname")).isEqualTo("a-copy\n");
  }

  @Test
  void workThatTakesTooLongIsGivenUpAndTheDiskStaysAsItIs() throws Exception {
    makeDisk();
    byte[] before = bytes();
    give(new TimedWork("the work", Duration.ofMillis(1)));
    assertThat(said()).startsWith("unchanged: the work takes longer");
    assertThat(bytes()).isEqualTo(before);
    assertNothingIsLeft();
  }

  @Test
  void aDiskThatIsInUseIsLeftAlone() throws Exception {
    makeDisk();
    var user = new ProcessBuilder("qemu-io", "-f", "qcow2", disk.path().toString()).start();
    try {
      // It answers once it has the disk open, for writing.
      user.getOutputStream().write("length\n".getBytes(StandardCharsets.US_ASCII));
      user.getOutputStream().flush();
      assertThat(user.inputReader().readLine()).contains("64 MiB");
      byte[] before = bytes();
      give();
      assertThat(said()).startsWith("unchanged: ");
      assertThat(bytes()).isEqualTo(before);
    } finally {
      user.destroy();
      user.waitFor();
    }
    assertNothingIsLeft();
  }

  @Test
  void whatACrashLeftIsRemovedAtTheNextStart() throws Exception {
    Path place = Files.createDirectories(run.resolve("identity-ps9"));
    Files.createDirectory(place.resolve("keys"));
    Files.writeString(place.resolve("keys/ssh_host_rsa_key"), "a private key");
    Files.createFile(place.resolve("disk"));
    Path socket = Files.createFile(run.resolve("nbd-1-00c0ffee.sock"));
    new NewIdentity(run).recover();
    assertThat(place).doesNotExist();
    assertThat(socket).exists();
  }
}
