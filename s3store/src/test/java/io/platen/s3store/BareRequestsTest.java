package io.platen.s3store;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.s3store.FaultyServer.Fate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.SdkHttpClient;

@Timeout(60)
@SuppressWarnings("NullAway.Init")
final class BareRequestsTest {
  private static final String KEY = "store.castr/abcd/abcdef.cacnk";

  private final S3Location location = S3ProxyServer.location();
  private SdkHttpClient http;
  private final AtomicLong clock = new AtomicLong();
  private final ByteBuffer target = ByteBuffer.allocateDirect(100);
  private Bucket bucket;
  private FaultyServer server;

  @BeforeEach
  void open() throws IOException {
    http = S3Connection.http(null);
    bucket = new Bucket(location);
    server = new FaultyServer(Objects.requireNonNull(location.endpoint()));
  }

  @AfterEach
  void close() throws IOException {
    bucket.deletions().delete(KEY);
    bucket.close();
    server.close();
    http.close();
  }

  private BareRequests requests(URI endpoint, String secret) {
    S3Location.Credentials keys = Objects.requireNonNull(location.credentials());
    return new BareRequests(
        http,
        StaticCredentialsProvider.create(AwsBasicCredentials.create(keys.accessKey(), secret)),
        endpoint + "/" + location.bucket() + "/" + location.prefix() + "/",
        location.region(),
        new EntityTags(),
        clock::get);
  }

  private BareRequests requests() {
    return requests(server.endpoint(), Objects.requireNonNull(location.credentials()).secretKey());
  }

  private void assertUntouched() {
    assertThat(target.position()).isEqualTo(7);
    assertThat(target.limit()).isEqualTo(target.capacity());
  }

  @Test
  void whatIsPutIsReadByTheClientAndTheOtherWayRound() throws IOException {
    BareRequests requests = requests();
    assertThat(requests.put(KEY, new byte[] {1, 2, 3})).isTrue();
    assertThat(bucket.size(KEY)).hasValue(3);
    assertThat(requests.get(KEY, target.position(7))).hasValue(3);
    assertThat(target.limit()).isEqualTo(10);
    assertThat(target.get(9)).isEqualTo((byte) 3);
    bucket.put(KEY, new byte[100]);
    assertThat(requests.get(KEY, target.clear())).hasValue(100);
    assertThat(server.count()).isEqualTo(3);
  }

  @Test
  void oneConnectionServesOneRequestAfterTheOther() throws IOException {
    BareRequests requests = requests();
    for (byte i = 0; i < 5; i++) {
      assertThat(requests.put(KEY, new byte[] {i})).isTrue();
      assertThat(requests.get(KEY, target.clear())).hasValue(1);
      assertThat(target.get(0)).isEqualTo(i);
    }
    assertThat(server.connections()).isEqualTo(1);
  }

  @Test
  void whatIsNotThereOrTooLongIsLeftToTheClientAndStopsNothing() throws IOException {
    BareRequests requests = requests();
    assertThat(requests.get(KEY, target.position(7))).isEmpty();
    assertUntouched();
    assertThat(requests.put(KEY, new byte[94])).isTrue();
    assertThat(requests.get(KEY, target.position(7))).isEmpty();
    assertUntouched();
    assertThat(requests.get(KEY, target.position(6))).hasValue(94);
  }

  @Test
  void afterAFailureNothingIsSentForASecond() throws IOException {
    for (Fate fate : new Fate[] {Fate.BUSY, Fate.RESET, Fate.LOSE_ANSWER}) {
      BareRequests requests = requests();
      server.rule((method, request) -> fate);
      assertThat(requests.put(KEY, new byte[3])).isFalse();
      server.rule((method, request) -> Fate.PASS);
      server.forget();
      clock.addAndGet(Duration.ofMillis(999).toNanos());
      assertThat(requests.put(KEY, new byte[3])).isFalse();
      assertThat(requests.get(KEY, target.clear().position(7))).isEmpty();
      assertUntouched();
      assertThat(server.count()).isZero();
      clock.addAndGet(Duration.ofMillis(1).toNanos());
      assertThat(requests.put(KEY, new byte[3])).isTrue();
      assertThat(requests.get(KEY, target.clear())).hasValue(3);
    }
  }

  @Test
  void whatIsRefusedIsAFailure() throws IOException {
    BareRequests requests = requests(server.endpoint(), "a-wrong-secret");
    assertThat(requests.put(KEY, new byte[3])).isFalse();
    assertThat(bucket.size(KEY)).isEmpty();
    server.forget();
    assertThat(requests.get(KEY, target)).isEmpty();
    assertThat(server.count()).isZero();
  }

  @Test
  void anAnswerThatBreaksOffLeavesTheBufferForTheNextOne() throws Exception {
    try (var broken = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread thread = Thread.ofVirtual().start(() -> answerHalf(broken));
      BareRequests requests =
          requests(URI.create("http://127.0.0.1:" + broken.getLocalPort()), "secret");
      assertThat(requests.get(KEY, target.position(7))).isEmpty();
      assertUntouched();
      thread.join();
    }
  }

  private static void answerHalf(ServerSocket server) {
    try (Socket client = server.accept()) {
      client
          .getOutputStream()
          .write(
              "HTTP/1.1 200 OK\r\nETag: t\r\nContent-Length: 20\r\n\r\n0123456789"
                  .getBytes(StandardCharsets.US_ASCII));
      client.shutdownOutput();
      client.getInputStream().readAllBytes();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
