package io.platen.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {
  @TempDir Path dir;

  @Test
  void isMadeForThisUserAloneAndClosedToOthersIfItWasOpen() throws IOException {
    Path run = dir.resolve("a/run");
    RunDirectory.open(run);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(run)))
        .isEqualTo("rwx------");

    Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwxrwxrwx"));
    RunDirectory.open(run);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(run)))
        .isEqualTo("rwx------");
  }

  @Test
  void aPathTooLongForASocketIsRefusedBeforeAnythingIsMade() {
    Path run = dir.resolve("x".repeat(90));
    assertThatThrownBy(() -> RunDirectory.open(run))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("107")
        .hasMessageContaining("choose a shorter one");
    assertThat(run).doesNotExist();
  }

  @Test
  void aLinkIsNoRunDirectory() throws IOException {
    Path link = Files.createSymbolicLink(dir.resolve("link"), dir);
    assertThatThrownBy(() -> RunDirectory.open(link)).isInstanceOf(NotDirectoryException.class);
  }

  @Test
  void leftoversGoAndWhateverElseIsThereStays() throws IOException {
    RunDirectory run = RunDirectory.open(dir.resolve("run"));
    Path leftover = run.newSocket();
    Path ofADeadProcess = leftover.resolveSibling("nbd-999999999999-00c0ffee.sock");
    Path live = run.newSocket();
    Path ofALivingProcess = leftover.resolveSibling("nbd-1-00c0ffee.sock");
    Path other = leftover.resolveSibling("notes.txt");
    try (ServerSocketChannel a = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      a.bind(UnixDomainSocketAddress.of(leftover));
    }
    Files.createFile(ofADeadProcess);
    Files.createFile(ofALivingProcess);
    Files.createFile(other);
    try (ServerSocketChannel b = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      b.bind(UnixDomainSocketAddress.of(live));

      assertThat(run.removeLeftovers()).isEqualTo(2);
      assertThat(live).exists();
    }
    assertThat(leftover).doesNotExist();
    assertThat(ofADeadProcess).doesNotExist();
    assertThat(ofALivingProcess).exists();
    assertThat(other).exists();
  }
}
