package io.platen.disk;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockNodeTest {
  @Property
  void aQuotedTextIsReadBackAsItWas(@ForAll String text) throws JsonProcessingException {
    assertThat(new JsonMapper().readValue(BlockNode.quoted(text), String.class)).isEqualTo(text);
  }

  @Test
  void aBackingFileIsNeverLeftToTheHeader(@TempDir Path dir) throws IOException {
    Path base = Files.write(dir.resolve("base.raw"), new byte[512]);
    Path disk = dir.resolve("disk.qcow2");
    QcowOverlay.create(disk, base, "base.raw", 512);
    try (OpenDisk machine = OpenDisk.open(new Disk.Machine(disk, base))) {
      assertThat(BlockNode.of(machine)).contains("\"backing\":{\"driver\":\"raw\"");
    }
    Disk alone = new Disk.Chain(List.of(new Disk.Adopted(disk, DiskFormat.QCOW2)), 1);
    try (OpenDisk chain = OpenDisk.open(alone)) {
      assertThat(BlockNode.of(chain)).contains("\"backing\":null");
    }
  }
}
