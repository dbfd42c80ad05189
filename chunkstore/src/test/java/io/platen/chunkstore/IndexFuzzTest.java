package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whatever the bytes of an index are: it is refused as corrupt, or read to its end. */
class IndexFuzzTest {
  @FuzzTest(maxDuration = "5m")
  void anyBytesAreRefusedOrReadToTheirEnd(byte[] bytes) throws IOException {
    Path file = Files.createTempFile("fuzz", ".caibx");
    try {
      Files.write(file, bytes);
      try (Index index = Index.open(file)) {
        long chunks = 0;
        long length = 0;
        for (var ids = index.ids(); ids.hasNext(); chunks++) {
          assertThat(ids.next()).isEqualTo(index.id(chunks));
          length += index.chunkLength(chunks);
        }
        assertThat(chunks).isEqualTo(index.chunkCount());
        assertThat(length).isEqualTo(index.size());
      } catch (IndexCorrupt e) {
        assertThat(e).hasMessageContaining(file.toString());
      }
    } finally {
      Files.delete(file);
    }
  }
}
