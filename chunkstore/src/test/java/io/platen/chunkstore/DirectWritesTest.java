package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
class DirectWritesTest {
  private static final int BLOCK = DirectWrites.ALIGNMENT;

  private final byte[] bytes = RandomImages.bytes(3 * BLOCK, 7);

  @TempDir Path directory;

  private Path file;

  @BeforeEach
  void create() throws IOException {
    file = Files.write(directory.resolve("file"), new byte[5 * BLOCK]);
  }

  private ByteBuffer aligned(int from, int length) {
    return ByteBuffer.allocateDirect(5 * BLOCK)
        .alignedSlice(BLOCK)
        .slice(from, length)
        .put(0, bytes, 0, length);
  }

  private byte[] expected(int at, int length) {
    byte[] all = new byte[5 * BLOCK];
    System.arraycopy(bytes, 0, all, at, length);
    return all;
  }

  @Test
  void wholeBlocksAreWrittenAndTheRestIsLeftToTheCaller() throws IOException {
    ByteBuffer some = aligned(0, 2 * BLOCK + 100);
    try (DirectWrites direct = DirectWrites.of(file)) {
      direct.write(some, BLOCK);
    }
    assertThat(some.position()).isEqualTo(2 * BLOCK);
    assertThat(some.remaining()).isEqualTo(100);
    assertThat(Files.readAllBytes(file)).isEqualTo(expected(BLOCK, 2 * BLOCK));
  }

  @Test
  void whatIsTurnedDownIsLeftToTheCallerAndSoIsAllThatFollows() throws IOException {
    ByteBuffer misaligned = aligned(1, BLOCK);
    ByteBuffer good = aligned(0, BLOCK);
    try (DirectWrites direct = DirectWrites.of(file)) {
      direct.write(misaligned, 0);
      direct.write(good, 0);
    }
    assertThat(misaligned.remaining()).isEqualTo(BLOCK);
    assertThat(good.remaining()).isEqualTo(BLOCK);
    assertThat(Files.readAllBytes(file)).isEqualTo(new byte[5 * BLOCK]);
  }

  @Test
  void aFileSystemThatDoesNotHaveItLeavesAllToTheCaller() throws IOException {
    ByteBuffer some = aligned(0, BLOCK);
    try (DirectWrites direct = DirectWrites.of(Path.of("/proc/self/comm"))) {
      direct.write(some, 0);
    }
    assertThat(some.remaining()).isEqualTo(BLOCK);
  }

  @Test
  void whatIsAlignedIsSoForBlocksThatAreNoLarger() {
    assertThat(DirectWrites.isAligned(512)).isTrue();
    assertThat(DirectWrites.isAligned(4096)).isTrue();
    assertThat(DirectWrites.isAligned(1 << 17)).isFalse();
    // A file system of user space, for one, that does not say.
    assertThat(DirectWrites.isAligned(0)).isFalse();
  }
}
