package io.platen.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BackingFileTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @Test
  void anOverlayNamesWhatItStandsOn() throws Exception {
    Path base = Files.write(directory.resolve("base.raw"), new byte[4096]);
    Path disk = directory.resolve("disk.qcow2");
    QcowOverlay.create(disk, base, "base.raw", 1 << 20);
    assertThat(ImageHeader.backing(disk)).contains(new BackingFile("base.raw", "raw"));
    Files.delete(base);
    assertThat(ImageHeader.backing(disk).orElseThrow().resolve(disk)).contains(base);
  }

  @Test
  void aNameOutOfBoundsIsRefused() throws Exception {
    Path base = Files.write(directory.resolve("base.raw"), new byte[4096]);
    Path disk = directory.resolve("disk.qcow2");
    assertThatThrownBy(() -> ImageHeader.backing(disk)).isInstanceOf(DiskUnreadable.class);
    Files.write(disk, new byte[4096]);
    assertThatThrownBy(() -> ImageHeader.backing(disk))
        .hasMessageContaining("mark of a qcow2 image");
    Files.delete(disk);
    QcowOverlay.create(disk, base, "base.raw", 1 << 20);
    var header = ByteBuffer.wrap(Files.readAllBytes(disk));
    header.putLong(8, header.capacity() - 4).putInt(16, 100);
    Files.write(disk, header.array());
    assertThatThrownBy(() -> ImageHeader.backing(disk)).hasMessageContaining("out of bounds");
    header.putInt(16, Integer.MAX_VALUE);
    Files.write(disk, header.array());
    assertThatThrownBy(() -> ImageHeader.backing(disk)).hasMessageContaining("out of bounds");
  }
}
