package io.platen.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.config.DataDirectory;
import io.platen.linux.HostUser;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataClosingTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path directory;

  @SuppressWarnings("NullAway.Init")
  private DataDirectory data;

  @BeforeEach
  void create() throws IOException {
    data = new DataDirectory(directory.resolve("data"));
    data.create();
    for (var file :
        new Path[] {
          data.database(),
          data.lock(),
          data.waiting(),
          data.self(),
          data.installation(),
          data.root().resolve("platen.db-wal"),
          data.root().resolve("platen.db.before"),
          data.root().resolve("directory.json.tmp"),
          data.root().resolve("store.json"),
          data.indexes().resolve("t1.caibx"),
          data.manifests().resolve("t1.json"),
          data.dumps().resolve("metadata-1.jsonl.zst"),
          data.baseImage("abc"),
          data.machineDisk("ps1"),
          data.store().resolve("abcd/abcd1.cacnk"),
          data.store().resolve(".tmp/lock"),
          data.backups().resolve("1/scratch.qcow2")
        }) {
      Files.createDirectories(file.getParent());
      Files.createFile(file);
    }
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(
        Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
  }

  /** As an older version left it, after this mask. */
  private void open(String directories, String files) throws IOException {
    try (var paths = Files.walk(data.root())) {
      for (var path : paths.toList()) {
        if (!Files.isSymbolicLink(path)) {
          Files.setPosixFilePermissions(
              path, PosixFilePermissions.fromString(Files.isDirectory(path) ? directories : files));
        }
      }
    }
    Files.delete(data.closedMark());
  }

  private void assertClosed() throws IOException {
    try (var paths = Files.walk(data.root())) {
      for (var path : paths.toList()) {
        assertThat(mode(path))
            .as(path.toString())
            .isEqualTo(Files.isDirectory(path) ? "rwx------" : "rw-------");
      }
    }
  }

  private DataClosing begin() throws IOException {
    return Objects.requireNonNull(DataClosing.begin(data));
  }

  @ParameterizedTest
  @CsvSource({
    "rwxr-xr-x, rw-r--r--",
    "rwxrwxr-x, rw-rw-r--",
    "rwxr-x---, rw-r-----",
    "rwxrwxrwx, rw-rw-rw-"
  })
  void aDirectoryFromBeforeIsClosedAtOnceAndThenToTheLastChunk(String directories, String files)
      throws IOException {
    open(directories, files);
    var closing = begin();
    // Who can't pass the directory of the store can't reach what is in it.
    assertThat(mode(data.store())).isEqualTo("rwx------");
    assertThat(mode(data.indexes())).isEqualTo("rwx------");
    assertThat(mode(data.dumps().resolve("metadata-1.jsonl.zst"))).isEqualTo("rw-------");
    assertThat(mode(data.database())).isEqualTo("rw-------");
    assertThat(mode(data.machineDisk("ps1"))).isEqualTo("rw-------");
    closing.finish();
    assertClosed();
    assertThat(DataClosing.begin(data)).isNull();
  }

  @Test
  void theLocksOfThisProcessStayWhatTheyAre() throws IOException {
    open("rwxr-xr-x", "rw-r--r--");
    var files = List.of(data.database(), data.lock(), data.store().resolve(".tmp/lock"));
    var channels = new ArrayList<FileChannel>();
    try {
      for (var file : files) {
        var channel = FileChannel.open(file, StandardOpenOption.WRITE);
        channels.add(channel);
        assertThat(channel.lock().isValid()).isTrue();
      }
      begin().finish();
      assertClosed();
      for (var file : files) {
        assertThat(locked()).as(file.toString()).contains(Files.getAttribute(file, "unix:ino"));
      }
    } finally {
      for (var channel : channels) {
        channel.close();
      }
    }
  }

  /** The inodes of the files that this process has locked, as the kernel sees it. */
  private static List<Object> locked() throws IOException {
    return Files.readAllLines(Path.of("/proc/locks")).stream()
        .map(line -> line.split("\\s+", -1))
        .filter(fields -> fields[4].equals(Long.toString(ProcessHandle.current().pid())))
        .<Object>map(fields -> Long.valueOf(fields[5].substring(fields[5].lastIndexOf(':') + 1)))
        .toList();
  }

  @Test
  void aNewDirectoryIsClosedAlready() throws IOException {
    var fresh = new DataDirectory(directory.resolve("fresh"));
    fresh.create();
    assertThat(DataClosing.begin(fresh)).isNull();
    assertThat(mode(fresh.root())).isEqualTo("rwx------");
  }

  @Test
  void oneThatWasPutBackWithoutItsModesIsClosedAgain() throws IOException {
    open("rwxr-xr-x", "rw-r--r--");
    begin().finish();
    Files.setPosixFilePermissions(data.store(), PosixFilePermissions.fromString("rwxr-xr-x"));
    Path chunk = data.store().resolve("abcd/abcd1.cacnk");
    Files.setPosixFilePermissions(chunk, PosixFilePermissions.fromString("rw-r--r--"));
    begin().finish();
    assertClosed();
    Files.setPosixFilePermissions(data.self(), PosixFilePermissions.fromString("rw-r--r--"));
    begin().finish();
    assertClosed();
  }

  @Test
  void oneThatWasCutOffGoesOnAtTheNextStart() throws IOException {
    open("rwxr-xr-x", "rw-r--r--");
    var cutOff = begin();
    cutOff.stop();
    cutOff.finish();
    assertThat(data.closedMark()).doesNotExist();
    begin().finish();
    assertClosed();
  }

  @Test
  void linksAreNotFollowedAndWhatIsElsewhereStaysAsItIs() throws IOException {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    Path file = Files.createFile(elsewhere.resolve("file"));
    Files.setPosixFilePermissions(elsewhere, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    Files.createSymbolicLink(data.store().resolve("beef"), elsewhere);
    Files.createSymbolicLink(data.machine("ps1").resolve("link"), file);
    Files.delete(data.run());
    Files.createSymbolicLink(data.run(), elsewhere);
    open("rwxr-xr-x", "rw-r--r--");
    begin().finish();
    assertThat(mode(elsewhere)).isEqualTo("rwxr-xr-x");
    assertThat(mode(file)).isEqualTo("rw-r--r--");
    assertThat(mode(data.machineDisk("ps1"))).isEqualTo("rw-------");
  }

  @Test
  void aDirectoryThatHoldsOtherThingsKeepsItsModeAndThey() throws IOException {
    Path other = Files.createFile(data.root().resolve("notes.txt"));
    open("rwxr-xr-x", "rw-r--r--");
    begin().finish();
    assertThat(mode(data.root())).isEqualTo("rwxr-xr-x");
    assertThat(mode(other)).isEqualTo("rw-r--r--");
    assertThat(mode(data.store())).isEqualTo("rwx------");
  }

  @Test
  void baseImagesThatLibvirtGaveAwayAreTakenBack() throws IOException {
    Assumptions.assumeTrue(HostUser.isRoot(), "files of another user need root");
    Files.setOwner(data.baseImage("abc"), HostUser.of("12345"));
    open("rwxr-xr-x", "rw-r--r--");
    begin().finish();
    assertThat(Files.getOwner(data.baseImage("abc"))).isEqualTo(HostUser.own());
  }

  @Test
  void whatAnotherUserRunsIsNotUsed() throws IOException {
    Assumptions.assumeTrue(HostUser.isRoot(), "files of another user need root");
    Files.setOwner(data.database(), HostUser.of("12345"));
    assertThatThrownBy(data::create)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("12345")
        .hasMessageContaining("sudo -u");
  }
}
