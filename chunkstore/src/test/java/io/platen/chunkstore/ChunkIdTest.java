package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ChunkIdTest {
  @Property
  void anIdSurvivesHexAndBuffersOfEitherByteOrder(@ForAll @Size(32) byte[] hash) {
    ChunkId id = ChunkId.of(hash);
    assertThat(id.hex()).isEqualTo(HexFormat.of().formatHex(hash));
    assertThat(ChunkId.ofHex(id.hex())).isEqualTo(id);
    for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
      ByteBuffer buffer = ByteBuffer.allocate(40).order(order);
      id.put(buffer, 8);
      assertThat(buffer.slice(8, 32)).isEqualTo(ByteBuffer.wrap(hash));
      assertThat(ChunkId.get(buffer, 8)).isEqualTo(id);
    }
  }

  @Property
  void idsAreOrderedLikeTheirHex(@ForAll @Size(32) byte[] one, @ForAll @Size(32) byte[] other) {
    ChunkId a = ChunkId.of(one);
    ChunkId b = ChunkId.of(other);
    assertThat(Integer.signum(a.compareTo(b)))
        .isEqualTo(Integer.signum(a.hex().compareTo(b.hex())));
  }

  @Test
  void aHashOfAnotherLengthIsRefused() {
    assertThatThrownBy(() -> ChunkId.of(new byte[31])).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ChunkId.ofHex("abcd")).isInstanceOf(IllegalArgumentException.class);
  }
}
