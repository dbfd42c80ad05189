package io.platen.disk;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
    Path image = Files.createFile(dir.resolve("a.img"));
    assertThat(BlockNode.of(new Disk.Adopted(image, DiskFormat.QCOW2)))
        .contains("\"backing\":null");
    assertThat(BlockNode.of(new Disk.Adopted(image, DiskFormat.VMDK))).contains("\"backing\":null");
    assertThat(BlockNode.of(new Disk.Machine(image, image))).contains("\"backing\":{");
  }
}
