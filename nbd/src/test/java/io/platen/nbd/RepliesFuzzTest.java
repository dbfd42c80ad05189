package io.platen.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.util.Map;

/** Whatever a server sends: an answer within what was asked for, or an error of this library. */
class RepliesFuzzTest {
  private static final long OFFSET = 100;
  private static final int LENGTH = 8;
  private static final Map<Integer, NbdContext> CONTEXTS =
      Map.of(1, NbdContext.BASE_ALLOCATION, 2, NbdContext.ALLOCATION_DEPTH);

  private static Transmission transmission(byte[] bytes, boolean structured) {
    return new Transmission(
        new ScriptedWire(bytes),
        new Export(
            1 << 30, 3, NbdBlockSizes.UNSTATED, structured, structured ? CONTEXTS : Map.of()));
  }

  @FuzzTest(maxDuration = "5m")
  void aHandshake(byte[] bytes) {
    try {
      var export = new Handshake(new ScriptedWire(bytes), NbdOptions.defaults()).negotiate();
      assertThat(export.size()).isNotNegative();
    } catch (NbdException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @FuzzTest(maxDuration = "5m")
  void theReplyToARead(byte[] bytes) {
    for (boolean structured : new boolean[] {true, false}) {
      var dst = ByteBuffer.allocate(LENGTH);
      try {
        transmission(bytes, structured).read(OFFSET, dst);
        assertThat(dst.capacity()).isEqualTo(LENGTH);
      } catch (NbdException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }

  @FuzzTest(maxDuration = "5m")
  void theReplyToBlockStatus(byte[] bytes) {
    try {
      var status = transmission(bytes, true).blockStatus(OFFSET, LENGTH);
      assertThat(status).isNotNull();
    } catch (NbdException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }
}
