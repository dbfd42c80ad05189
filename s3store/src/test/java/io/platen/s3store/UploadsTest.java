package io.platen.s3store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.ChunkId;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class UploadsTest {
  private static final ChunkId ID = new ChunkId(1, 2, 3, 4);

  /** As where there is no memory for a copy of the bytes. */
  private static ByteBuffer unreadable() {
    try (Arena arena = Arena.ofShared()) {
      return arena.allocate(10).asByteBuffer();
    }
  }

  @Test
  void whatCanNotBeginIsNotUnderWay() throws IOException {
    try (Bucket bucket = new Bucket(S3ProxyServer.location())) {
      Uploads uploads = new Uploads(bucket, new MemoryLedger(), new Presence(bucket));
      ByteBuffer unreadable = unreadable();
      assertThatThrownBy(() -> uploads.begin(ID, 0, unreadable, false))
          .isInstanceOf(IllegalStateException.class);
      assertThat(uploads.find(ID, 0)).isNull();
      assertThat(uploads.begin(ID, 0, ByteBuffer.allocate(10), false)).isNotNull();
      uploads.close();
      assertThat(bucket.size(Keys.chunk(ID, 0))).hasValue(10);
      bucket.deletions().delete(Keys.chunk(ID, 0));
    }
  }
}
