package io.platen.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.disk.Shell;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LinuxTest {
  @TempDir Path directory;

  @Test
  void aSparseFileTakesWhatIsWrittenAndNotWhatItHas() throws Exception {
    Path file = directory.resolve("sparse");
    try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(1L << 30);
      sparse.seek(1 << 20);
      sparse.write(new byte[1 << 20]);
      sparse.getFD().sync();
    }
    long blocks = Long.parseLong(Shell.succeed("stat", "-c", "%b", file.toString()).strip());
    assertThat(Linux.allocated(file.toString())).hasValue(blocks * 512);
    assertThat(blocks * 512).isBetween(1L << 20, 1L << 29);
  }

  @Test
  void whatIsNoFileHasNoAllocation() throws Exception {
    assertThat(Linux.allocated(directory.toString())).isEmpty();
    assertThat(Linux.allocated("/dev/null")).isEmpty();
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("missing"));
    assertThatThrownBy(() -> Linux.allocated(link.toString()))
        .isInstanceOfSatisfying(
            Linux.CallFailed.class, e -> assertThat(e.errno()).isEqualTo(Linux.ENOENT));
  }
}
