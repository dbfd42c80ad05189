package io.platen.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client on a real socket, against a server that follows a script. */
@Timeout(60)
class NbdConnectionTest {
  private static final Duration SHORT = Duration.ofMillis(200);
  private static final byte[] EIGHT = {1, 2, 3, 4, 5, 6, 7, 8};

  @TempDir private Path directory;

  private static Script exportOfEight() {
    return new Script().handshake(8);
  }

  private static NbdOptions impatient() {
    return NbdOptions.defaults().withTimeout(SHORT);
  }

  @Test
  void answersThatTrickleInByteByByteAreUnderstood() throws Exception {
    Script script = exportOfEight().data(true, 1, 0, EIGHT).status(false, 2, 1, 8, 0);
    script.status(true, 2, 2, 8, 1);
    try (var server = new ScriptedServer(script, ScriptedServer.Manner.BYTE_BY_BYTE);
        NbdConnection connection = server.connect()) {
      ByteBuffer direct = ByteBuffer.allocateDirect(8);
      connection.read(0, direct);
      assertThat(direct.flip()).isEqualTo(ByteBuffer.wrap(EIGHT));
      assertThat(connection.extents().next()).isEqualTo(new NbdExtent(0, 8, false, false, 1));
    }
  }

  @Test
  void whatWasNegotiatedIsKnown() throws Exception {
    try (var server = new ScriptedServer(exportOfEight());
        NbdConnection connection = server.connect()) {
      assertThat(connection.size()).isEqualTo(8);
      assertThat(connection.readOnly()).isTrue();
      assertThat(connection.multiConnection()).isFalse();
      assertThat(connection.contexts())
          .containsExactlyInAnyOrder(NbdContext.BASE_ALLOCATION, NbdContext.ALLOCATION_DEPTH);
      assertThat(connection.usable()).isTrue();
    }
  }

  @Test
  void onlyTheBufferFromPositionToLimitIsWritten() throws Exception {
    try (var server = new ScriptedServer(exportOfEight().hole(true, 1, 2, 4));
        NbdConnection connection = server.connect()) {
      ByteBuffer dst = ByteBuffer.wrap(EIGHT.clone()).position(1).limit(5);
      connection.read(2, dst);
      assertThat(dst.array()).containsExactly(1, 0, 0, 0, 0, 6, 7, 8);
      assertThat(dst.position()).isEqualTo(5);
      assertThat(dst.limit()).isEqualTo(5);
    }
  }

  @Test
  void unalignedReadsGoThroughWholeBlocks() throws Exception {
    byte[] blocks = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    Script script =
        new Script()
            .greeting()
            .ack(8)
            .ack(10)
            .blockSizes(4, 4, 8)
            .exportInfo(16)
            .ack(7)
            .data(true, 1, 0, Arrays.copyOfRange(blocks, 0, 4))
            .data(true, 2, 4, Arrays.copyOfRange(blocks, 4, 12))
            .data(true, 3, 12, Arrays.copyOfRange(blocks, 12, 16))
            .data(true, 4, 4, Arrays.copyOfRange(blocks, 4, 8));
    try (var server = new ScriptedServer(script);
        NbdConnection connection = server.connect()) {
      ByteBuffer most = ByteBuffer.allocate(13);
      connection.read(1, most);
      assertThat(most.array()).isEqualTo(Arrays.copyOfRange(blocks, 1, 14));

      ByteBuffer inside = ByteBuffer.allocate(2);
      connection.read(5, inside);
      assertThat(inside.array()).containsExactly(5, 6);
    }
  }

  @Test
  void readsBeyondTheEndFailAndTheConnectionStillWorks() throws Exception {
    try (var server = new ScriptedServer(exportOfEight().data(true, 1, 0, EIGHT));
        NbdConnection connection = server.connect()) {
      ByteBuffer dst = ByteBuffer.allocate(8);
      assertThatThrownBy(() -> connection.read(1, dst))
          .isInstanceOf(NbdRequestException.class)
          .hasMessageContaining("beyond the end of the export, 8 bytes");
      assertThatThrownBy(() -> connection.read(Long.MAX_VALUE, dst))
          .isInstanceOf(NbdRequestException.class);
      assertThatThrownBy(() -> connection.read(-1, dst))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> connection.read(0, dst.asReadOnlyBuffer()))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(dst.position()).isZero();
      connection.read(0, dst);
      assertThat(dst.array()).isEqualTo(EIGHT);
    }
  }

  @Test
  void aFailedRequestLeavesTheConnectionUsable() throws Exception {
    Script script = exportOfEight().error(true, 1, 5, "").data(true, 2, 0, EIGHT);
    try (var server = new ScriptedServer(script);
        NbdConnection connection = server.connect()) {
      ByteBuffer dst = ByteBuffer.allocate(8);
      assertThatThrownBy(() -> connection.read(0, dst)).isInstanceOf(NbdRequestException.class);
      connection.read(0, dst);
      assertThat(dst.array()).isEqualTo(EIGHT);
    }
  }

  @Test
  void afterAViolationTheConnectionRefusesFurtherUse() throws Exception {
    Script script = exportOfEight().none(77).data(true, 2, 0, EIGHT);
    try (var server = new ScriptedServer(script);
        NbdConnection connection = server.connect()) {
      ByteBuffer dst = ByteBuffer.allocate(8);
      assertThatThrownBy(() -> connection.read(0, dst))
          .isInstanceOf(NbdProtocolException.class)
          .hasMessageContaining("handle 77");
      assertThat(connection.usable()).isFalse();
      assertThatThrownBy(() -> connection.read(0, dst))
          .isInstanceOf(NbdConnectionException.class)
          .hasMessageContaining("dead")
          .hasMessageContaining("handle 77");
    }
  }

  @Test
  void anAbsurdDepthIsAViolationToo() throws Exception {
    Script script = exportOfEight().status(false, 1, 1, 8, 0).status(true, 1, 2, 8, 0x80000000L);
    try (var server = new ScriptedServer(script);
        NbdConnection connection = server.connect()) {
      assertThatThrownBy(() -> connection.extents().next())
          .isInstanceOf(NbdProtocolException.class);
      assertThat(connection.usable()).isFalse();
    }
  }

  @Test
  void aServerThatHangsUpIsADeadConnection() throws Exception {
    Script cut = exportOfEight().chunkHeader(true, 1, 1, 16).u64(0).u16(1);
    try (var server = new ScriptedServer(cut, ScriptedServer.Manner.THEN_HANG_UP);
        NbdConnection connection = server.connect()) {
      assertThatThrownBy(() -> connection.read(0, ByteBuffer.allocate(8)))
          .isExactlyInstanceOf(NbdConnectionException.class);
      assertThat(connection.usable()).isFalse();
    }
  }

  @Test
  void aServerSilentInTheHandshakeTimesOut() throws Exception {
    try (var server = new ScriptedServer(new Script().greeting().ack(8))) {
      assertThatThrownBy(() -> NbdConnection.connect(server.socket(), impatient()))
          .isInstanceOf(NbdTimeoutException.class)
          .hasMessageContaining("200 ms");
    }
  }

  @Test
  void aServerSilentInTheMiddleOfAnAnswerTimesOut() throws Exception {
    Script script = exportOfEight().chunkHeader(true, 1, 1, 16).u64(0).u32(1);
    try (var server = new ScriptedServer(script);
        NbdConnection connection = NbdConnection.connect(server.socket(), impatient())) {
      long start = System.nanoTime();
      assertThatThrownBy(() -> connection.read(0, ByteBuffer.allocate(8)))
          .isInstanceOf(NbdTimeoutException.class);
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(SHORT, SHORT.multipliedBy(25));
      assertThat(connection.usable()).isFalse();
    }
  }

  @Test
  void aServerThatDoesNotAcceptTimesOut() throws Exception {
    Path socket = directory.resolve("s");
    List<SocketChannel> queued = new ArrayList<>();
    try (ServerSocketChannel deaf = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      deaf.bind(UnixDomainSocketAddress.of(socket), 1);
      fillQueue(socket, queued);
      assertThatThrownBy(() -> NbdConnection.connect(socket, impatient()))
          .isInstanceOf(NbdTimeoutException.class);
    } finally {
      for (SocketChannel channel : queued) {
        channel.close();
      }
    }
  }

  private static void fillQueue(Path socket, List<SocketChannel> queued) throws IOException {
    while (queued.size() < 100) {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      queued.add(channel);
      channel.configureBlocking(false);
      try {
        channel.connect(UnixDomainSocketAddress.of(socket));
      } catch (IOException full) {
        return;
      }
    }
    throw new AssertionError("the queue takes everything");
  }

  @Test
  void noServerIsADeadConnectionThatNamesTheSocket() throws Exception {
    Path nothing = directory.resolve("nothing");
    assertThatThrownBy(() -> NbdConnection.connect(nothing, impatient()))
        .isExactlyInstanceOf(NbdConnectionException.class)
        .hasMessageContaining(nothing.toString());

    Path abandoned = directory.resolve("abandoned");
    ServerSocketChannel.open(StandardProtocolFamily.UNIX)
        .bind(UnixDomainSocketAddress.of(abandoned))
        .close();
    assertThat(Files.exists(abandoned)).isTrue();
    assertThatThrownBy(() -> NbdConnection.connect(abandoned, impatient()))
        .isExactlyInstanceOf(NbdConnectionException.class);
  }

  @Test
  void closingFromAnotherThreadEndsAReadAtOnce() throws Exception {
    try (var server = new ScriptedServer(exportOfEight())) {
      NbdConnection connection = server.connect();
      CompletableFuture<Throwable> outcome = new CompletableFuture<>();
      Thread reader = Thread.ofPlatform().start(() -> outcome.complete(failureOfRead(connection)));
      awaitBlocked(reader);
      connection.close();
      assertThat(outcome.get(5, TimeUnit.SECONDS))
          .isExactlyInstanceOf(NbdConnectionException.class)
          .hasMessageContaining("closed");
      assertThatThrownBy(() -> connection.read(0, ByteBuffer.allocate(1)))
          .isExactlyInstanceOf(NbdConnectionException.class)
          .hasMessageContaining("closed");
    }
  }

  @Test
  void anInterruptEndsARead() throws Exception {
    try (var server = new ScriptedServer(exportOfEight());
        NbdConnection connection = server.connect()) {
      CompletableFuture<Throwable> outcome = new CompletableFuture<>();
      Thread reader = Thread.ofPlatform().start(() -> outcome.complete(failureOfRead(connection)));
      awaitBlocked(reader);
      reader.interrupt();
      assertThat(outcome.get(5, TimeUnit.SECONDS))
          .isExactlyInstanceOf(NbdConnectionException.class)
          .hasMessageContaining("interrupted");
    }
  }

  private static Throwable failureOfRead(NbdConnection connection) {
    try {
      connection.read(0, ByteBuffer.allocate(8));
      return new AssertionError("the read succeeded");
    } catch (NbdException e) {
      return e;
    }
  }

  /** Until the thread is inside the selector. */
  private static void awaitBlocked(Thread reader) {
    while (Arrays.stream(reader.getStackTrace())
        .noneMatch(frame -> frame.getMethodName().equals("doSelect"))) {
      Thread.onSpinWait();
    }
  }

  @Test
  void threadsThatShareAConnectionWaitForEachOther() throws Exception {
    Script script = exportOfEight();
    int reads = 200;
    for (int handle = 1; handle <= reads; handle++) {
      script.data(true, handle, 0, EIGHT);
    }
    try (var server = new ScriptedServer(script);
        NbdConnection connection = server.connect()) {
      CountDownLatch start = new CountDownLatch(1);
      List<CompletableFuture<Void>> threads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        threads.add(
            CompletableFuture.runAsync(
                () -> {
                  try {
                    start.await();
                    for (int n = 0; n < reads / 4; n++) {
                      connection.read(0, ByteBuffer.allocate(8));
                    }
                  } catch (IOException | InterruptedException e) {
                    throw new AssertionError(e);
                  }
                }));
      }
      start.countDown();
      for (CompletableFuture<Void> thread : threads) {
        thread.get(20, TimeUnit.SECONDS);
      }
      assertThat(connection.usable()).isTrue();
    }
  }

  @Test
  void closingTakesLeave() throws Exception {
    try (var server = new ScriptedServer(exportOfEight())) {
      NbdConnection connection = server.connect();
      connection.close();
      connection.close();
      byte[] heard = server.heard();
      assertThat(Arrays.copyOfRange(heard, heard.length - 28, heard.length))
          .isEqualTo(new Script().u32(0x25609513).u16(0).u16(2).u64(0).u64(0).u32(0).bytes());
    }
  }

  @Test
  void aRefusedHandshakeIsAborted() throws Exception {
    Script refused = new Script().greeting().ack(8).ack(10).optionReply(7, 0x80000006L, EIGHT);
    try (var server = new ScriptedServer(refused)) {
      assertThatThrownBy(server::connect).isInstanceOf(NbdHandshakeException.class);
      byte[] heard = server.heard();
      assertThat(Arrays.copyOfRange(heard, heard.length - 16, heard.length))
          .isEqualTo(new Script().text("IHAVEOPT").u32(2).u32(0).bytes());
    }
  }

  @Test
  void withoutContextsEverythingIsData() throws Exception {
    try (var server = new ScriptedServer(new Script().simpleHandshake(1L << 50));
        NbdConnection connection = server.connect()) {
      NbdCursor<NbdExtent> extents = connection.extents();
      assertThat(extents.next())
          .isEqualTo(new NbdExtent(0, 1L << 50, false, false, NbdExtent.UNKNOWN_DEPTH));
      assertThat(extents.next()).isNull();
      assertThatThrownBy(() -> connection.extents(NbdContext.BASE_ALLOCATION))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> connection.blockStatus(0, 1))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void anEmptyExportHasNoExtents() throws Exception {
    try (var server = new ScriptedServer(new Script().handshake(0));
        NbdConnection connection = server.connect()) {
      assertThat(connection.extents().next()).isNull();
      connection.read(0, ByteBuffer.allocate(0));
    }
  }
}
