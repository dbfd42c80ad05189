package io.platen.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A read of 8 bytes at offset 100, handle 1. */
class ReadReplyTest {
  private static final byte[] FOUR = {1, 2, 3, 4};

  private static Export export(boolean structured) {
    return new Export(1000, 3, NbdBlockSizes.UNSTATED, structured, Map.of());
  }

  private static byte[] read(Script script, boolean structured) throws NbdException {
    ByteBuffer dst = ByteBuffer.wrap(new byte[] {9, 9, 9, 9, 9, 9, 9, 9});
    ScriptedWire wire = new ScriptedWire(script.bytes());
    new Transmission(wire, export(structured)).read(100, dst);
    assertThat(wire.unread()).isZero();
    return dst.array();
  }

  private static byte[] read(Script script) throws NbdException {
    return read(script, true);
  }

  private static void violates(Script script, String received) {
    assertThatThrownBy(() -> read(script))
        .isInstanceOf(NbdProtocolException.class)
        .hasMessageContaining(received);
  }

  @Test
  void chunksMayComeInAnyOrderWithHolesBetween() throws Exception {
    assertThat(read(new Script().data(false, 1, 104, FOUR).hole(true, 1, 100, 4)))
        .containsExactly(0, 0, 0, 0, 1, 2, 3, 4);
    assertThat(read(new Script().data(false, 1, 100, FOUR).hole(false, 1, 104, 4).none(1)))
        .containsExactly(1, 2, 3, 4, 0, 0, 0, 0);
  }

  @Test
  void withoutStructuredRepliesDataFollowsTheReply() throws Exception {
    assertThat(read(new Script().simpleReply(0, 1).raw(FOUR).raw(FOUR), false))
        .containsExactly(1, 2, 3, 4, 1, 2, 3, 4);
  }

  @Test
  void errorsAreNamedAndCarryTheServersText() {
    Script withOffset = new Script().errorAt(true, 1, 5, "bad\u0007sector", 103);
    assertThatThrownBy(() -> read(withOffset))
        .isInstanceOfSatisfying(
            NbdRequestException.class,
            e -> {
              assertThat(e.errno()).isEqualTo("EIO");
              assertThat(e.offset()).isEqualTo(100);
              assertThat(e.length()).isEqualTo(8);
              assertThat(e.serverMessage()).isEqualTo("bad?sector");
            });
    assertThatThrownBy(() -> read(new Script().simpleReply(12, 1), false))
        .isInstanceOf(NbdRequestException.class)
        .hasMessageContaining("ENOMEM");
    assertThatThrownBy(() -> read(new Script().simpleReply(99, 1), false))
        .hasMessageContaining("errno 99");
  }

  @Test
  void contentAroundAnErrorIsTakenAndTheFirstErrorReported() {
    Script script =
        new Script()
            .data(false, 1, 100, FOUR)
            .error(false, 1, 5, "first")
            .data(false, 1, 104, FOUR)
            .errorAt(false, 1, 12, "second", 104)
            .none(1);
    ScriptedWire wire = new ScriptedWire(script.bytes());
    Transmission transmission = new Transmission(wire, export(true));
    assertThatThrownBy(() -> transmission.read(100, ByteBuffer.allocate(8)))
        .isInstanceOf(NbdRequestException.class)
        .hasMessageContaining("first");
    assertThat(wire.unread()).isZero();
  }

  @Test
  void errorTypesYetUnknownAreErrorsOfTheRequest() {
    byte[] payload = new Script().u32(22).u16(2).text("no").u64(7).bytes();
    assertThatThrownBy(() -> read(new Script().chunk(true, 0x8005, 1, payload)))
        .isInstanceOf(NbdRequestException.class)
        .hasMessageContaining("EINVAL: no");
  }

  @Test
  void whatIsTooLargeForOnePieceIsAskedForInPieces() throws Exception {
    Script script =
        new Script().error(true, 1, 75, "").data(false, 2, 104, FOUR).hole(true, 2, 100, 4);
    Export export = new Export(1000, 1 | 1 << 7, NbdBlockSizes.UNSTATED, true, Map.of());
    ByteBuffer dst = ByteBuffer.allocate(8);
    new Transmission(new ScriptedWire(script.bytes()), export).read(100, dst);
    assertThat(dst.array()).containsExactly(0, 0, 0, 0, 1, 2, 3, 4);

    assertThatThrownBy(() -> read(new Script().error(true, 1, 75, "")))
        .isInstanceOf(NbdRequestException.class)
        .hasMessageContaining("EOVERFLOW");
  }

  @Test
  void aServerThatShutsDownEndsTheConnection() {
    assertThatThrownBy(() -> read(new Script().error(true, 1, 108, "")))
        .isExactlyInstanceOf(NbdConnectionException.class)
        .hasMessageContaining("shutting down");
  }

  @Test
  void contentOutsideOfTheRequestIsAViolation() {
    violates(new Script().data(true, 1, 99, FOUR), "offset 99");
    violates(new Script().data(true, 1, 105, FOUR), "offset 105");
    violates(new Script().data(true, 1, -4, FOUR), "offset 18446744073709551612");
    violates(new Script().data(true, 1, Long.MAX_VALUE, FOUR), "offset 9223372036854775807");
    violates(new Script().hole(true, 1, 100, 9), "9 bytes");
    violates(new Script().hole(true, 1, 108, 1), "offset 108");
    violates(new Script().hole(true, 1, 100, 0xffffffffL), "4294967295 bytes");
    violates(new Script().data(true, 1, 100, new byte[9]), "9 bytes");
  }

  @Test
  void anAbsurdDataLengthIsRefusedFromTheHeaderAlone() {
    Script script = new Script().chunkHeader(true, 1, 1, 0xffffffffL).u64(100);
    violates(script, "4294967287 bytes");
  }

  @Test
  void overlapsAndGapsAreViolations() {
    violates(new Script().data(false, 1, 100, FOUR).data(true, 1, 103, FOUR), "came before");
    violates(new Script().hole(false, 1, 102, 4).data(false, 1, 100, FOUR), "came before");
    violates(new Script().hole(false, 1, 100, 8).hole(false, 1, 102, 1), "came before");
    violates(new Script().data(true, 1, 100, FOUR), "without content at 104");
    violates(new Script().data(true, 1, 104, FOUR), "without content at 100");
    violates(new Script().none(1), "without content at 100");
  }

  @Test
  void malformedChunksAreViolations() {
    violates(new Script().chunk(false, 0, 1, new byte[0]), "type 0");
    violates(new Script().chunk(true, 0, 1, new byte[1]), "type 0");
    violates(new Script().chunk(true, 1, 1, new byte[8]), "type 1");
    violates(new Script().chunk(true, 2, 1, new byte[11]), "type 2");
    violates(new Script().hole(true, 1, 100, 0), "0 bytes");
    violates(new Script().status(true, 1, 1, 8, 0), "type 5");
    violates(new Script().chunk(true, 7, 1, new byte[0]), "type 7");
  }

  @Test
  void malformedErrorsAreViolations() {
    violates(new Script().error(true, 1, 0, ""), "error 0");
    violates(new Script().errorAt(true, 1, 5, "", 108), "offset 108");
    violates(new Script().errorAt(true, 1, 5, "", 99), "offset 99");
    violates(new Script().chunk(true, 0x8001, 1, new byte[5]), "type 32769");
    violates(new Script().chunk(true, 0x8002, 1, new byte[13]), "type 32770");
    violates(
        new Script().chunk(true, 0x8001, 1, new Script().u32(5).u16(3).text("ab").bytes()),
        "message of 3 bytes");
    violates(new Script().chunkHeader(true, 0x8001, 1, 0xffffffffL), "4294967295 bytes");
  }

  @Test
  void repliesToUnknownHandlesAreViolations() {
    violates(new Script().none(2), "handle 2");
    violates(new Script().simpleReply(0, 77), "handle 77");
  }

  @Test
  void theOtherKindOfReplyIsAViolation() {
    violates(new Script().simpleReply(0, 1).raw(FOUR).raw(FOUR), "simple reply");
    violates(new Script().simpleReply(5, 1), "simple reply");
    assertThatThrownBy(() -> read(new Script().none(1), false))
        .isInstanceOf(NbdProtocolException.class);
  }

  @Test
  void wrongReplyMagicIsAViolation() {
    violates(new Script().u32(0x12345678).raw(new byte[20]), "0x12345678");
  }

  @Test
  void aReadInTooManyPiecesIsAViolation() {
    int length = 4 * Protocol.MAX_FRAGMENTS;
    Script script = new Script();
    for (int i = 0; i <= Protocol.MAX_FRAGMENTS; i++) {
      script.hole(false, 1, 2L * i, 1);
    }
    Export export = new Export(length, 3, NbdBlockSizes.UNSTATED, true, Map.of());
    Transmission transmission = new Transmission(new ScriptedWire(script.bytes()), export);
    assertThatThrownBy(() -> transmission.read(0, ByteBuffer.allocate(length)))
        .isInstanceOf(NbdProtocolException.class)
        .hasMessageContaining("more than 65536 pieces");
  }
}
