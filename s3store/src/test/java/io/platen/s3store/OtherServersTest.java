package io.platen.s3store;

import static io.platen.s3store.ScriptedServer.answer;
import static io.platen.s3store.ScriptedServer.error;
import static io.platen.s3store.ScriptedServer.page;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.StoreUnavailable;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What other servers than those at hand answer, or what stands before them. */
@Timeout(60)
final class OtherServersTest {
  private static final S3Connection.Patience LITTLE =
      new S3Connection.Patience(2, Duration.ofMillis(2), Duration.ofMillis(20));

  /** More than the kernel takes for itself. */
  private static final long LONG = 256L << 20;

  /** A page of the first of these keys that is greater than what a request begins behind. */
  private static String firstKey(String request, String... keys) {
    Matcher after = Pattern.compile("start-after=([^&]*)").matcher(request);
    String behind = after.find() ? URLDecoder.decode(after.group(1), StandardCharsets.UTF_8) : "";
    return Stream.of(keys)
        .filter(key -> key.compareTo(behind) > 0)
        .findFirst()
        .map(
            key ->
                page(
                    "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
                        + "<Contents><Key>%s</Key><Size>1</Size></Contents>".formatted(key)))
        .orElseGet(() -> page("<IsTruncated>false</IsTruncated>"));
  }

  @Test
  void epochsAreFoundWithoutWhatKeysHaveInCommonInOneRequestEach() throws IOException {
    try (var server =
            new ScriptedServer(
                (method, request) ->
                    firstKey(
                        request,
                        "store.1.castr/0000/a",
                        "store.1.castr/ffff/b",
                        "store.castr/0000/a",
                        "store.castr/ffff/b",
                        "store.txt"));
        var bucket = new Bucket(server.location(), LITTLE)) {
      assertThat(new Listing(bucket).epochs()).containsExactly(0, 1);
      assertThat(server.requests()).hasSize(4);
    }
  }

  @Test
  void aServerThatListsFromTheBeginningAgainIsRefused() throws IOException {
    try (var server = new ScriptedServer((method, request) -> firstKey("", "store.castr/0000/a"));
        var bucket = new Bucket(server.location(), LITTLE)) {
      assertThatThrownBy(() -> new Listing(bucket).epochs())
          .isInstanceOf(StoreUnavailable.class)
          .hasMessageContaining("start-after");
    }
  }

  @Test
  void aListThatDoesNotSayHowItGoesOnIsNotTakenForAll() throws IOException {
    String object = "<Contents><Key>store.castr/a</Key><Size>1</Size></Contents>";
    try (var server =
            new ScriptedServer(
                (method, request) -> page("<IsTruncated>true</IsTruncated>" + object));
        var bucket = new Bucket(server.location(), LITTLE)) {
      assertThatThrownBy(() -> bucket.lists().objects("store.", null, (key, bytes) -> true))
          .isInstanceOf(StoreUnavailable.class)
          .hasMessageContaining("continue");
    }
  }

  @Test
  void aListThatBeginsAnewForEverEnds() throws IOException {
    String object = "<Contents><Key>store.castr/a</Key><Size>1</Size></Contents>";
    AtomicInteger seen = new AtomicInteger();
    try (var server =
            new ScriptedServer(
                (method, request) ->
                    page(
                        "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
                            + object));
        var bucket = new Bucket(server.location(), LITTLE)) {
      assertThatThrownBy(
              () ->
                  bucket
                      .lists()
                      .objects("store.", null, (key, bytes) -> seen.incrementAndGet() < 100))
          .isInstanceOf(StoreUnavailable.class);
    }
  }

  @Test
  void anObjectWhoseLengthIsNotSaidIsRead() throws IOException {
    try (var server =
            new ScriptedServer(
                (method, request) ->
                    "HTTP/1.1 200 OK\r\nETag: t\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        var bucket = new Bucket(server.location(), LITTLE)) {
      ByteBuffer target = ByteBuffer.allocate(100);
      assertThat(bucket.get("key", target.position(7), 50)).hasValue(3);
      assertThat(target.limit()).isEqualTo(10);
      assertThat(bucket.get("key", target.clear(), 3)).hasValue(3);
      assertThat(bucket.get("key", target.clear(), 2)).hasValue(3);
      assertThat(bucket.get("key", ByteBuffer.allocate(1), 50)).hasValue(3);
    }
  }

  @Test
  void aLengthThatIsNoneIsUnavailable() throws IOException {
    try (var server =
            new ScriptedServer(
                (method, request) ->
                    "HTTP/1.1 200 OK\r\nContent-Length: many\r\nConnection: close\r\n\r\nabc");
        var bucket = new Bucket(server.location(), LITTLE)) {
      assertThatThrownBy(() -> bucket.get("key", ByteBuffer.allocate(100), 50))
          .isInstanceOf(StoreUnavailable.class);
      assertThatThrownBy(() -> bucket.size("key")).isInstanceOf(StoreUnavailable.class);
    }
  }

  @Test
  void aSizeThatIsNotSaidIsUnavailable() throws IOException {
    try (var server =
            new ScriptedServer(
                (method, request) -> "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        var bucket = new Bucket(server.location(), LITTLE)) {
      assertThatThrownBy(() -> bucket.size("key"))
          .isInstanceOf(StoreUnavailable.class)
          .hasMessageContaining("without a length");
    }
  }

  @Test
  void whatIsNotThereIsDeletedAlreadyWhateverTheServerSays() throws IOException {
    String errors =
        "<DeleteResult><Error><Key>key</Key><Code>NoSuchKey</Code></Error></DeleteResult>";
    for (String together : List.of(error("501 Not Implemented", "Not"), answer("200 OK", errors))) {
      try (var server =
              new ScriptedServer(
                  (method, request) ->
                      method.equals("POST") ? together : error("404 Not Found", "NoSuchKey"));
          var bucket = new Bucket(server.location(), LITTLE)) {
        bucket.deletions().delete("key");
        Deletions.Deletion deletion = bucket.deletions().deleteOnce(List.of("key"));
        assertThat(deletion.gone()).containsExactly("key");
        assertThat(deletion.refusal()).isNull();
      }
    }
  }

  @Test
  void aPlaceThatIsNotThereHasDeletedNothing() throws IOException {
    for (String refusal :
        List.of(error("404 Not Found", "NoSuchBucket"), answer("404 Not Found", ""))) {
      try (var server =
              new ScriptedServer(
                  (method, request) ->
                      method.equals("POST") ? error("501 Not Implemented", "Not") : refusal);
          var bucket = new Bucket(server.location(), LITTLE)) {
        assertThatThrownBy(() -> bucket.deletions().delete("key"))
            .isInstanceOf(StoreUnavailable.class);
        Deletions.Deletion deletion = bucket.deletions().deleteOnce(List.of("key"));
        assertThat(deletion.gone()).isEmpty();
        assertThat(deletion.refusal()).isNotNull();
      }
    }
  }

  @Test
  void whatIsNoListIsNoEmptyBucket() throws IOException {
    for (String body : List.of("<html><body>log in</body></html>", "")) {
      try (var server = new ScriptedServer((method, request) -> answer("200 OK", body));
          var bucket = new Bucket(server.location(), LITTLE)) {
        assertThatThrownBy(() -> bucket.lists().objects("store.", null, (key, bytes) -> true))
            .isInstanceOf(StoreUnavailable.class)
            .hasMessageContaining("endpoint");
        assertThatThrownBy(() -> bucket.lists().folders("store."))
            .isInstanceOf(StoreUnavailable.class);
        assertThat(bucket.answered()).isFalse();
      }
    }
  }

  @Test
  void aListMayLeaveOutWhatItNeedNotSay() throws IOException {
    String object = "<Contents><Key>store.castr/a</Key><Size>1</Size></Contents>";
    for (String said : List.of("<Name>bucket</Name>", "<KeyCount>1</KeyCount>")) {
      AtomicInteger seen = new AtomicInteger();
      try (var server = new ScriptedServer((method, request) -> page(said + object));
          var bucket = new Bucket(server.location(), LITTLE)) {
        bucket.lists().objects("store.", null, (key, bytes) -> seen.incrementAndGet() < 100);
        assertThat(seen).hasValue(1);
      }
    }
  }

  @Test
  void aListThatLeavesOutThatItIsCutGoesOnOrIsNone() throws IOException {
    String object = "<Contents><Key>store.castr/%d</Key><Size>1</Size></Contents>";
    AtomicInteger seen = new AtomicInteger();
    try (var server =
            new ScriptedServer(
                (method, request) ->
                    page(
                        "<Name>bucket</Name>"
                            + object.formatted(seen.get())
                            + (request.contains("continuation-token")
                                ? ""
                                : "<NextContinuationToken>t</NextContinuationToken>")));
        var bucket = new Bucket(server.location(), LITTLE)) {
      bucket.lists().objects("store.", null, (key, bytes) -> seen.incrementAndGet() < 100);
      assertThat(seen).hasValue(2);
    }
    String full =
        IntStream.range(0, 1000).mapToObj(object::formatted).collect(Collectors.joining());
    try (var server = new ScriptedServer((method, request) -> page("<Name>bucket</Name>" + full));
        var bucket = new Bucket(server.location(), LITTLE)) {
      assertThatThrownBy(() -> bucket.lists().objects("store.", null, (key, bytes) -> true))
          .isInstanceOf(StoreUnavailable.class)
          .hasMessageContaining("continue");
    }
  }

  /** An answer as an S3 server gives it for the key "known", and a page for all others. */
  private static String knownOrPage(String request) {
    return request.endsWith("known")
        ? "HTTP/1.1 200 OK\r\nETag: t\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"
        : answer("200 OK", "<html/>");
  }

  @Test
  void whatIsStoredOrThereHasATagWhereTheServerGivesThem() throws IOException {
    try (var server = new ScriptedServer((method, request) -> knownOrPage(request));
        var bucket = new Bucket(server.location(), LITTLE)) {
      assertThat(bucket.seems("known")).isTrue();
      assertThatThrownBy(() -> bucket.put("key", new byte[3]))
          .isInstanceOf(StoreUnavailable.class)
          .hasMessageContaining("stands before it");
      assertThat(bucket.answered()).isFalse();
      assertThatThrownBy(() -> bucket.seems("key")).isInstanceOf(StoreUnavailable.class);
    }
  }

  @Test
  void aServerWhosePutsHaveTagsMayLeaveThemOutOfReads() throws IOException {
    try (var server =
            new ScriptedServer(
                (method, request) ->
                    method.equals("PUT")
                        ? knownOrPage(request)
                        : "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
        var bucket = new Bucket(server.location(), LITTLE)) {
      bucket.put("known", new byte[3]);
      assertThat(bucket.get("known", ByteBuffer.allocate(100), 100)).hasValue(3);
      assertThat(bucket.seems("known")).isTrue();
      assertThatThrownBy(() -> bucket.put("key", new byte[3])).isInstanceOf(StoreUnavailable.class);
    }
  }

  @Test
  void aServerWithoutTagsIsUsedWithOneRequestEach() throws IOException {
    try (var server =
            new ScriptedServer(
                (method, request) ->
                    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
        var bucket = new Bucket(server.location(), LITTLE)) {
      bucket.put("key", new byte[3]);
      assertThat(bucket.get("key", ByteBuffer.allocate(100), 100)).hasValue(3);
      assertThat(bucket.seems("key")).isTrue();
      assertThat(server.requests()).hasSize(3);
      assertThat(bucket.givesTags()).isFalse();
    }
  }

  @Test
  void aFileThatCanNotBeWrittenIsNotTheServersFault() throws IOException {
    try (var server =
            new ScriptedServer(
                (method, request) ->
                    "HTTP/1.1 200 OK\r\nETag: t\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
        var bucket = new Bucket(server.location(), LITTLE)) {
      assertThatThrownBy(() -> bucket.get("index/a.1.caibx", Path.of("/dev/full")))
          .isInstanceOf(StoreUnavailable.class)
          .hasMessageContaining("/dev/full")
          .hasMessageContaining("No space left")
          .hasMessageNotContaining("no answer");
      assertThat(server.requests()).hasSize(1);
      assertThat(bucket.answered()).isTrue();
    }
  }

  @Test
  void whatIsElsewhereIsSaidSoAndIsNotDeleted() throws IOException {
    for (String refusal :
        List.of(
            error("301 Moved Permanently", "PermanentRedirect"),
            error("307 Temporary Redirect", "TemporaryRedirect"),
            error("400 Bad Request", "AuthorizationHeaderMalformed"))) {
      try (var server = new ScriptedServer((method, request) -> refusal);
          var bucket = new Bucket(server.location(), LITTLE)) {
        assertThatThrownBy(() -> bucket.lists().objects("store.", null, (key, bytes) -> true))
            .isInstanceOf(StoreUnavailable.class)
            .hasMessageContaining("check the region");
        assertThat(bucket.deletions().deleteOnce(List.of("key")).kept()).containsExactly("key");
      }
    }
  }

  @Test
  void aPageWithoutATagIsNoObject() throws IOException {
    try (var server = new ScriptedServer((method, request) -> knownOrPage(request));
        var bucket = new Bucket(server.location(), LITTLE)) {
      assertThat(bucket.get("known", ByteBuffer.allocate(100), 100)).hasValue(3);
      assertThatThrownBy(() -> bucket.get("key", ByteBuffer.allocate(100), 100))
          .isInstanceOf(StoreUnavailable.class)
          .hasMessageContaining("ETag");
      assertThatThrownBy(() -> bucket.get("key", Path.of("/dev/null")))
          .isInstanceOf(StoreUnavailable.class)
          .hasMessageContaining("ETag");
    }
  }

  @Test
  void whatIsNotKnownOfADeletionIsSaid() throws IOException {
    String errors =
        "<DeleteResult><Error><Key>key</Key><Code>InternalError</Code></Error></DeleteResult>";
    for (String answer :
        List.of(
            answer("200 OK", errors),
            error("503 Slow Down", "SlowDown"),
            answer("200 OK", "<html/>"))) {
      try (var server = new ScriptedServer((method, request) -> answer);
          var bucket = new Bucket(server.location(), LITTLE)) {
        Deletions.Deletion deletion = bucket.deletions().deleteOnce(List.of("key"));
        assertThat(deletion.gone()).isEmpty();
        assertThat(deletion.kept()).isEmpty();
        assertThat(deletion.doubt())
            .isInstanceOf(StoreUnavailable.class)
            .hasMessageContaining("was answered");
      }
    }
  }

  @Test
  void anObjectInAnArchiveIsSaid() throws IOException {
    try (var server =
            new ScriptedServer(
                (method, request) ->
                    request.contains("list-type")
                        ? page(
                            "<IsTruncated>false</IsTruncated><Contents><Key>key</Key><Size>1</Size></Contents>")
                        : error("403 Forbidden", "InvalidObjectState"));
        var bucket = new Bucket(server.location(), LITTLE)) {
      assertThatThrownBy(() -> bucket.get("key", ByteBuffer.allocate(100), 100))
          .isInstanceOf(StoreUnavailable.class)
          .hasMessageContaining("archive")
          .hasMessageNotContaining("credentials");
    }
  }

  @Test
  void whatIsLongerThanItMayBeIsNotReadToItsEnd() throws Exception {
    AtomicLong sent = new AtomicLong();
    Thread server;
    try (var listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      server = Thread.ofVirtual().start(() -> sendLong(listener, sent));
      try (var bucket = new Bucket(ScriptedServer.location(listener), LITTLE)) {
        assertThat(bucket.get("key", ByteBuffer.allocate(100), 100)).hasValue(LONG);
      }
    }
    server.join();
    assertThat(sent.get()).isLessThan(LONG);
  }

  /** Sends a long object to whoever asks, and counts the bytes that are taken of all of them. */
  private static void sendLong(ServerSocket listener, AtomicLong sent) {
    byte[] some = new byte[1 << 16];
    while (true) {
      try (Socket client = listener.accept()) {
        OutputStream out = client.getOutputStream();
        out.write(
            ("HTTP/1.1 200 OK\r\nETag: t\r\nContent-Length: " + LONG + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        for (long left = LONG; left > 0; left -= some.length) {
          out.write(some);
          sent.addAndGet(some.length);
        }
      } catch (IOException e) {
        if (listener.isClosed()) {
          return;
        }
      }
    }
  }
}
