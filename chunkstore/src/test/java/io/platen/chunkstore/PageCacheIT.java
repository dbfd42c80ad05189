package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageCacheIT {
  @TempDir Path directory;

  private static long pagesInMemory(Path file) throws Exception {
    return Long.parseLong(
        Program.run("fincore", "--noheadings", "--output", "PAGES", file.toString()).strip());
  }

  private void assumeOnDisk() throws Exception {
    assumeFalse(
        Files.getFileStore(directory).type().equals("tmpfs"),
        "its files are nowhere but in memory");
  }

  @Test
  void whatACaptureStoredTakesNoMemory() throws Exception {
    assumeOnDisk();
    byte[] random = new byte[300_000];
    new Random(1).nextBytes(random);
    ChunkId id = ChunkId.ofHex("abcd" + "1".repeat(60));
    Path root = directory.resolve("x.castr");
    try (FileChunkStore store = FileChunkStore.open(root);
        StoreSession session = store.openSession()) {
      session.put(id, ByteBuffer.allocateDirect(random.length).put(random).flip());
      session.sync();
      Path file = root.resolve("abcd").resolve(id + ".cacnk");
      assertThat(pagesInMemory(file)).isZero();
      assertThat(Files.readAllBytes(file)).isEqualTo(random);
    }
  }

  @Test
  void aFileThatWasReadTakesMemoryUntilItIsForgotten() throws Exception {
    assumeOnDisk();
    Path file = Files.write(directory.resolve("file"), new byte[100_000]);
    Program.run("sync", file.toString());
    assertThat(pagesInMemory(file)).isPositive();
    PageCache.forget(List.of(file));
    assertThat(pagesInMemory(file)).isZero();
  }
}
