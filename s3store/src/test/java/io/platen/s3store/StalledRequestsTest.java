package io.platen.s3store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.StoreUnavailable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that is there and takes nothing: stopped, or hanging behind its kernel. */
@Timeout(60)
@SuppressWarnings("NullAway.Init")
final class StalledRequestsTest {
  /** More than the kernel takes for itself on both sides. */
  private static final int BYTES = 32 << 20;

  private final Queue<Socket> accepted = new ConcurrentLinkedQueue<>();
  private ServerSocket server;

  @BeforeEach
  void listen() throws IOException {
    server = new ServerSocket();
    server.setReceiveBufferSize(4096);
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Thread.ofVirtual().start(this::accept);
  }

  private void accept() {
    while (true) {
      try {
        accepted.add(server.accept());
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  @AfterEach
  void close() throws IOException {
    server.close();
    for (Socket each : accepted) {
      each.close();
    }
  }

  @Test
  void whatTheServerDoesNotTakeEndsAndIsAskedForAgain() throws IOException {
    S3Location location = ScriptedServer.location(server);
    var little =
        new S3Connection.Patience(
            2, Duration.ofMillis(2), Duration.ofMillis(20), Duration.ofMillis(500));
    try (Bucket bucket = new Bucket(location, little)) {
      assertThatThrownBy(() -> bucket.put("key", new byte[BYTES]))
          .isInstanceOf(StoreUnavailable.class)
          .hasMessageContaining("took no more");
      assertThat(bucket.answered()).isFalse();
    }
    // Once past the client, and twice by it.
    assertThat(accepted).hasSize(3);
  }
}
