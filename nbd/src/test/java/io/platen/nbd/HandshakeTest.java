package io.platen.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HandshakeTest {
  private static final byte[] NOTHING = {};

  private static Export negotiate(Script script) throws NbdException {
    return new Handshake(new ScriptedWire(script.bytes()), NbdOptions.defaults()).negotiate();
  }

  private static void violates(Script script, String received) {
    assertThatThrownBy(() -> negotiate(script))
        .isInstanceOf(NbdProtocolException.class)
        .hasMessageContaining(received);
  }

  private static Script greeted() {
    return new Script().greeting();
  }

  private static Script going() {
    return greeted().ack(8).ack(10);
  }

  @Test
  void aServerThatGrantsEverythingIsFullyKnown() throws Exception {
    Export export = negotiate(new Script().handshake(12345));

    assertThat(export.size()).isEqualTo(12345);
    assertThat(export.structuredReplies()).isTrue();
    assertThat(export.blockSizes()).isEqualTo(new NbdBlockSizes(1, 4096, 32 << 20));
    assertThat(export.contexts())
        .isEqualTo(Map.of(1, NbdContext.BASE_ALLOCATION, 2, NbdContext.ALLOCATION_DEPTH));
  }

  @Test
  void contextsAreWhatTheServerGrantsOfThoseAskedFor() throws Exception {
    Script onlyBase =
        greeted().ack(8).context(77, "base:allocation").ack(10).exportInfo(512).ack(7);
    assertThat(negotiate(onlyBase).contexts()).isEqualTo(Map.of(77, NbdContext.BASE_ALLOCATION));
  }

  @Test
  void aServerThatRefusesContextsIsUsedWithoutThem() throws Exception {
    Script refused = greeted().ack(8).optionReply(10, 0x80000001L, NOTHING).exportInfo(512).ack(7);
    assertThat(negotiate(refused).contexts()).isEmpty();
  }

  @Test
  void aServerWithoutStructuredRepliesIsNotAskedForContexts() throws Exception {
    Export export = negotiate(new Script().simpleHandshake(512));
    assertThat(export.structuredReplies()).isFalse();
    assertThat(export.contexts()).isEmpty();
  }

  @Test
  void informationNotAskedForIsPassedOver() throws Exception {
    byte[] description = new Script().u16(2).text("a disk").bytes();
    Script script = going().optionReply(7, 3, description).exportInfo(512).ack(7);
    assertThat(negotiate(script).size()).isEqualTo(512);
  }

  @Test
  void maximumBlockSizeIsCutToWhatThisClientUses() throws Exception {
    Script script = going().blockSizes(4096, 65536, 0xffffffffL).exportInfo(1 << 20).ack(7);
    assertThat(negotiate(script).blockSizes()).isEqualTo(new NbdBlockSizes(4096, 65536, 32 << 20));

    Script odd = going().blockSizes(512, 4096, 1_000_000).exportInfo(1 << 20).ack(7);
    assertThat(negotiate(odd).blockSizes().maximum()).isEqualTo(999_936);
  }

  @Test
  void anExportWhoseEndNoRequestReachesIsRefused() {
    Script script = going().blockSizes(512, 4096, 1 << 20).exportInfo(1000).ack(7);
    assertThatThrownBy(() -> negotiate(script))
        .isInstanceOf(NbdHandshakeException.class)
        .hasMessageContaining("1000 bytes")
        .hasMessageContaining("512");
  }

  @Test
  void aRefusedExportIsReportedInTheServersWords() {
    byte[] text = "export 'x' not\npresent".getBytes(StandardCharsets.UTF_8);
    Script script = going().optionReply(7, 0x80000006L, text);
    assertThatThrownBy(() -> negotiate(script))
        .isInstanceOfSatisfying(
            NbdHandshakeException.class,
            e -> {
              assertThat(e.reply()).isEqualTo("NBD_REP_ERR_UNKNOWN");
              assertThat(e.serverMessage()).isEqualTo("export 'x' not?present");
              assertThat(e).hasMessageContaining("export 'x' not?present");
            });
  }

  @Test
  void aServerThatWantsTlsFirstIsReported() {
    assertThatThrownBy(() -> negotiate(greeted().optionReply(8, 0x80000005L, NOTHING)))
        .isInstanceOf(NbdHandshakeException.class)
        .hasMessageContaining("NBD_REP_ERR_TLS_REQD");
  }

  @Test
  void oldServersAreToldApartFromBrokenOnes() {
    assertThatThrownBy(() -> negotiate(new Script().text("NBDMAGIC").u64(0x00420281861253L)))
        .isInstanceOf(NbdHandshakeException.class)
        .hasMessageContaining("oldstyle");
    assertThatThrownBy(() -> negotiate(new Script().text("NBDMAGICIHAVEOPT").u16(2)))
        .isInstanceOf(NbdHandshakeException.class)
        .hasMessageContaining("fixed newstyle");
  }

  @Test
  void wrongMagicsAreViolationsThatNameWhatCame() {
    violates(new Script().text("HTTP/1.1"), "0x485454502f312e31");
    violates(new Script().text("NBDMAGICNBDMAGIC"), "not IHAVEOPT");
    violates(greeted().u64(1).u32(8).u32(1).u32(0), "option reply magic 0x1");
  }

  @Test
  void repliesToOptionsNotSentAreViolations() {
    violates(greeted().ack(7), "NBD_OPT_GO");
  }

  @Test
  void absurdLengthsAreRefusedBeforeMemoryIsTaken() {
    violates(greeted().u64(0x3e889045565a9L).u32(8).u32(1).u32(0xffffffffL), "4294967295 bytes");
  }

  @Test
  void acknowledgementsCarryNoData() {
    violates(greeted().optionReply(8, 1, new byte[4]), "NBD_REP_ACK of 4 bytes");
  }

  @Test
  void unexpectedReplyTypesAreViolations() {
    violates(greeted().optionReply(8, 3, NOTHING), "NBD_REP_INFO");
    violates(going().context(1, "base:allocation"), "reply to NBD_OPT_SET_META_CONTEXT");
    violates(going().optionReply(7, 4, NOTHING), "NBD_REP_META_CONTEXT");
  }

  @Test
  void contextsNotAskedForAndDoubleOnesAreViolations() {
    violates(greeted().ack(8).context(1, "x:y"), "x:y");
    violates(greeted().ack(8).context(1, "base:allocation").context(2, "base:allocation"), "twice");
    violates(
        greeted().ack(8).context(1, "base:allocation").context(1, "qemu:allocation-depth"),
        "twice");
    violates(greeted().ack(8).optionReply(10, 4, new byte[3]), "NBD_REP_META_CONTEXT of 3 bytes");
  }

  @Test
  void malformedExportInformationIsAViolation() {
    violates(going().ack(7), "without NBD_INFO_EXPORT");
    violates(going().exportInfo(-1).ack(7), "18446744073709551615");
    violates(going().exportInfo(1).exportInfo(1).ack(7), "NBD_REP_INFO");
    violates(going().optionReply(7, 3, new byte[11]), "NBD_INFO_EXPORT of 11 bytes");
    violates(going().optionReply(7, 3, new byte[1]), "NBD_REP_INFO of 1 bytes");
    violates(going().optionReply(7, 3, new Script().u16(0).u64(1).u16(0).bytes()), "flags 0x0");
  }

  @Test
  void malformedBlockSizesAreViolations() {
    violates(going().blockSizes(0, 4096, 1 << 20), "minimum block size 0");
    violates(going().blockSizes(3, 4096, 1 << 20), "minimum block size 3");
    violates(going().blockSizes(1 << 17, 1 << 17, 1 << 20), "minimum block size 131072");
    violates(going().blockSizes(512, 1, 1 << 20), "1 preferred");
    violates(going().blockSizes(512, 512, 256), "256 maximum");
    violates(going().optionReply(7, 3, new Script().u16(3).u32(1).bytes()), "of 6 bytes");
  }

  @Test
  void endlessRepliesToOneOptionAreAViolation() {
    Script script = going();
    for (int i = 0; i < 300; i++) {
      script.optionReply(7, 3, new Script().u16(9).bytes());
    }
    violates(script, "more than 256 replies");
  }
}
