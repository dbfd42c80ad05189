package io.platen.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A block status request of 100 bytes at offset 1000, handle 1, contexts 1 and 2. */
class BlockStatusReplyTest {
  private static final Map<Integer, NbdContext> BOTH =
      Map.of(1, NbdContext.BASE_ALLOCATION, 2, NbdContext.ALLOCATION_DEPTH);

  private static NbdBlockStatus ask(Script script, int alignment) throws NbdException {
    NbdBlockSizes sizes = new NbdBlockSizes(alignment, 4096, 1 << 20);
    ScriptedWire wire = new ScriptedWire(script.bytes());
    NbdBlockStatus status =
        new Transmission(wire, new Export(1 << 30, 3, sizes, true, BOTH)).blockStatus(1000, 100);
    assertThat(wire.unread()).isZero();
    return status;
  }

  private static NbdBlockStatus ask(Script script) throws NbdException {
    return ask(script, 1);
  }

  private static void violates(Script script, String received) {
    assertThatThrownBy(() -> ask(script).extents())
        .isInstanceOf(NbdProtocolException.class)
        .hasMessageContaining(received);
  }

  @Test
  void bothContextsAreSeenTogetherAsFarAsBothReach() throws Exception {
    NbdBlockStatus status =
        ask(new Script().status(false, 1, 2, 30, 1, 70, 2).status(true, 1, 1, 10, 3, 40, 0));

    assertThat(status.statuses().get(NbdContext.BASE_ALLOCATION))
        .containsExactly(new NbdStatus(1000, 10, 3), new NbdStatus(1010, 40, 0));
    assertThat(status.extents())
        .containsExactly(
            new NbdExtent(1000, 10, true, true, 1),
            new NbdExtent(1010, 20, false, false, 1),
            new NbdExtent(1030, 20, false, false, 2));
  }

  @Test
  void equalNeighboursAreMergedAndTheLastIsCutToTheRequest() throws Exception {
    NbdBlockStatus status =
        ask(
            new Script()
                .status(false, 1, 1, 10, 0, 20, 0, 30, 0, 5000, 2)
                .status(true, 1, 2, 100, 1));
    assertThat(status.statuses().get(NbdContext.BASE_ALLOCATION))
        .containsExactly(new NbdStatus(1000, 60, 0), new NbdStatus(1060, 40, 2));
  }

  @Test
  void flagsThatBaseAllocationDoesNotDefineAreIgnored() throws Exception {
    Script script = new Script().status(false, 1, 1, 100, 0xfffffff6L).status(true, 1, 2, 100, 0);
    assertThat(ask(script).extents()).containsExactly(new NbdExtent(1000, 100, false, true, 0));
  }

  @Test
  void anErrorMayComeAsEitherKindOfReply() {
    assertThatThrownBy(() -> ask(new Script().error(true, 1, 22, "no")))
        .isInstanceOf(NbdRequestException.class)
        .hasMessageContaining("block status of 100 bytes at offset 1000")
        .hasMessageContaining("EINVAL: no");
    assertThatThrownBy(() -> ask(new Script().simpleReply(5, 1)))
        .isInstanceOf(NbdRequestException.class)
        .hasMessageContaining("EIO");
    violates(new Script().simpleReply(0, 1), "simple reply");
  }

  @Test
  void descriptorsOfNoLengthAreViolations() {
    violates(new Script().status(true, 1, 1, 10, 0, 0, 1), "0 bytes at offset 1010");
  }

  @Test
  void descriptorsBehindTheRequestAreViolations() {
    violates(new Script().status(true, 1, 1, 100, 0, 1, 1), "at offset 1100");
    violates(new Script().status(true, 1, 1, 0xffffffffL, 0, 1, 1), "behind the end");
  }

  @Test
  void descriptorsThatAreNotMultiplesOfTheMinimumBlockAreViolations() {
    assertThatThrownBy(() -> ask(new Script().status(true, 1, 1, 10, 0), 4))
        .isInstanceOf(NbdProtocolException.class)
        .hasMessageContaining("10 bytes");
  }

  @Test
  void unknownDoubleAndMissingContextsAreViolations() {
    violates(new Script().status(true, 1, 3, 100, 0), "context id 3");
    violates(new Script().status(false, 1, 1, 100, 0).status(true, 1, 1, 100, 0), "twice");
    violates(new Script().status(true, 1, 1, 100, 0), "are granted");
    violates(new Script().none(1), "are granted");
  }

  @Test
  void malformedChunksAreViolations() {
    violates(new Script().chunk(true, 5, 1, new byte[4]), "4 bytes");
    violates(new Script().chunk(true, 5, 1, new byte[15]), "15 bytes");
    violates(new Script().chunkHeader(true, 5, 1, 0xfffffffcL), "4294967292 bytes");
    violates(new Script().data(true, 1, 1000, new byte[100]), "type 1");
  }

  @Test
  void depthsBeyondAnyChainAreViolations() {
    violates(
        new Script().status(false, 1, 1, 100, 0).status(true, 1, 2, 100, 0xffffffffL),
        "4294967295");
  }

  @Test
  void moreDescriptorsThanAreKeptJustTellLess() throws Exception {
    int count = Protocol.MAX_KEPT_DESCRIPTORS + 1000;
    long[] fields = new long[2 * count];
    for (int i = 0; i < count; i++) {
      fields[2 * i] = 1;
      fields[2 * i + 1] = i % 2;
    }
    Script script = new Script().status(true, 1, 1, fields);
    NbdBlockStatus status =
        new Transmission(
                new ScriptedWire(script.bytes()),
                new Export(
                    1 << 30,
                    3,
                    NbdBlockSizes.UNSTATED,
                    true,
                    Map.of(1, NbdContext.BASE_ALLOCATION)))
            .blockStatus(0, 1 << 20);
    List<NbdExtent> extents = status.extents();
    assertThat(extents).hasSize(Protocol.MAX_KEPT_DESCRIPTORS);
    assertThat(extents.getLast().end()).isEqualTo(Protocol.MAX_KEPT_DESCRIPTORS);
    assertThat(extents.getLast().depth()).isEqualTo(NbdExtent.UNKNOWN_DEPTH);
  }

  @Test
  void descriptorsBeyondThoseKeptAreStillChecked() {
    long[] fields = new long[2 * (Protocol.MAX_KEPT_DESCRIPTORS + 10)];
    Arrays.fill(fields, 1);
    for (int i = 1; i < fields.length; i += 4) {
      fields[i] = 0;
    }
    fields[fields.length - 2] = 0;
    Script script = new Script().status(true, 1, 1, fields);
    Transmission transmission =
        new Transmission(
            new ScriptedWire(script.bytes()),
            new Export(
                1 << 30, 3, NbdBlockSizes.UNSTATED, true, Map.of(1, NbdContext.BASE_ALLOCATION)));
    assertThatThrownBy(() -> transmission.blockStatus(0, 1 << 20))
        .isInstanceOf(NbdProtocolException.class)
        .hasMessageContaining("0 bytes");
  }
}
