package io.platen.notice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.platen.config.NotifySettings;
import io.platen.database.Database;
import io.platen.liveness.Watchdog;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The outbox and its deliveries, against a receiver on a real socket. */
final class DeliveriesTest {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  /** What came: id, time, signature and body. */
  private record Delivery(String id, long time, String signature, String body) {}

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @SuppressWarnings("NullAway.Init")
  private HttpServer receiver;

  @SuppressWarnings("NullAway.Init")
  private Outbox outbox;

  @SuppressWarnings("NullAway.Init")
  private Deliveries deliveries;

  @SuppressWarnings("NullAway.Init")
  private NotifySettings settings;

  /** Looks while a notice is being delivered. */
  private volatile @Nullable Deliveries meanwhile;

  private final List<Delivery> came = new ArrayList<>();
  private volatile int answer = 204;
  private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");

  @BeforeEach
  void start() throws Exception {
    database = Database.open(Database.sqliteUrl(directory.resolve("platen.db")));
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext(
        "/",
        exchange -> {
          runMeanwhile();
          var headers = exchange.getRequestHeaders();
          synchronized (came) {
            came.add(
                new Delivery(
                    headers.getFirst("webhook-id"),
                    Long.parseLong(headers.getFirst("webhook-timestamp")),
                    headers.getFirst("webhook-signature"),
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
          }
          exchange.getResponseHeaders().add("Location", "/elsewhere");
          exchange.sendResponseHeaders(answer, -1);
          exchange.close();
        });
    receiver.start();
    var secret = Files.writeString(directory.resolve("secret"), SECRET);
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    outbox = new Outbox(database, () -> now, true);
    var url = URI.create("http://127.0.0.1:" + receiver.getAddress().getPort() + "/hook/s3cret");
    settings = new NotifySettings(url, secret, 0);
    deliveries = deliveries();
  }

  private Deliveries deliveries() {
    return new Deliveries(database, () -> now, _ -> {}, settings, new Watchdog(System::nanoTime));
  }

  /** As another node does that looks just now. */
  private void runMeanwhile() {
    var other = meanwhile;
    meanwhile = null;
    if (other != null) {
      try (other) {
        other.run();
      } catch (IOException | InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  @AfterEach
  void end() {
    deliveries.close();
    receiver.stop(0);
    database.close();
  }

  private void add(String message) {
    outbox.add(NoticeKind.CAPTURE_FAILED, message, Map.of("eventId", "ev1"));
  }

  private void fail(String reason) {
    assertThatThrownBy(deliveries::run).hasMessageContaining(reason).hasMessageNotContaining("s3c");
  }

  @Test
  void aNoticeThatOneNodeDeliversIsNotDeliveredByAnother() throws Exception {
    add("It failed.");
    meanwhile = deliveries(); // as of another node
    deliveries.run();
    assertThat(came).hasSize(1);
    assertThat(Outbox.state(database, now).waiting()).isZero();
  }

  @Test
  void whatANodeHadClaimedWhenItDiedIsDeliveredByAnother() throws Exception {
    add("It failed.");
    var claimed =
        database.<Optional<Notice>, RuntimeException>transaction(
            handle -> new NoticeRepository().claim(handle, now, now.plus(Deliveries.CLAIM)));
    assertThat(claimed).isPresent();
    deliveries.run();
    assertThat(came).isEmpty();
    now = now.plus(Deliveries.CLAIM);
    deliveries.run();
    assertThat(came).extracting(Delivery::id).containsExactly(claimed.get().id());
  }

  @Test
  void aNoticeIsSignedAndDeliveredOnce() throws Exception {
    add("It failed.");
    deliveries.run();
    deliveries.run();
    assertThat(came).hasSize(1);
    var delivery = came.getFirst();
    assertThat(delivery.time()).isEqualTo(now.getEpochSecond());
    assertThat(delivery.signature())
        .isEqualTo(SigningSecret.of(SECRET, "here").sign(delivery.id(), now, delivery.body()));
    var body = new ObjectMapper().readTree(delivery.body());
    assertThat(body.path("id").asText()).isEqualTo(delivery.id());
    assertThat(body.path("type").asText()).isEqualTo("capture.failed");
    assertThat(body.path("message").asText()).isEqualTo("It failed.");
    assertThat(body.path("data").path("eventId").asText()).isEqualTo("ev1");
    assertThat(Outbox.state(database, now).waiting()).isZero();
  }

  @Test
  void whatIsNotTakenComesAgainLaterUnderItsIdUntilItIsGivenUp() throws Exception {
    add("It failed.");
    answer = 500;
    for (int attempt = 1; attempt < Deliveries.MAX_ATTEMPTS; attempt++) {
      fail("answers 500");
      now = now.plus(Deliveries.pause(attempt)).minusMillis(1);
      deliveries.run();
      assertThat(came).as("before its time").hasSize(attempt);
      now = now.plusMillis(1);
    }
    assertThat(Outbox.state(database, now).failing()).isEqualTo(1);
    fail("answers 500");
    deliveries.run();
    assertThat(came).hasSize(Deliveries.MAX_ATTEMPTS);
    assertThat(came).extracting(Delivery::id).containsOnly(came.getFirst().id());
    assertThat(came).extracting(Delivery::body).containsOnly(came.getFirst().body());
    var state = Outbox.state(database, now);
    assertThat(state.waiting()).isZero();
    assertThat(state.failing()).isZero();
    assertThat(state.givenUp()).isEqualTo(1);
    assertThat(Outbox.state(database, now.plus(Duration.ofDays(31))).givenUp()).isZero();
  }

  @Test
  void thePauseGrowsToAnHour() {
    assertThat(Deliveries.pause(1)).isEqualTo(Duration.ofSeconds(5));
    assertThat(Deliveries.pause(10)).isEqualTo(Duration.ofSeconds(2560));
    assertThat(Deliveries.pause(11)).isEqualTo(Duration.ofHours(1));
    assertThat(Deliveries.pause(Deliveries.MAX_ATTEMPTS)).isEqualTo(Duration.ofHours(1));
  }

  @Test
  void aRedirectIsNotFollowed() {
    add("It failed.");
    answer = 307;
    fail("answers 307, a redirect, which is not followed");
    assertThat(came).hasSize(1);
  }

  @Test
  void aReceiverThatIsAwayIsNamedWithoutThePathOfItsAddress() {
    receiver.stop(0);
    add("It failed.");
    fail("it can't be reached");
    assertThat(Outbox.state(database, now).failure()).isEqualTo("it can't be reached");
  }

  @Test
  void theOutboxIsBoundedAndTheOldestGoFirst() {
    for (int i = 0; i < Outbox.MAX_WAITING + 3; i++) {
      now = now.plusMillis(1);
      add("number " + i);
    }
    var state = Outbox.state(database, now);
    assertThat(state.waiting()).isEqualTo(Outbox.MAX_WAITING);
    assertThat(state.givenUp()).isEqualTo(3);
    var oldest =
        database.read(
            handle ->
                handle
                    .createQuery(
                        "SELECT body FROM notice WHERE dt_due IS NOT NULL ORDER BY dt_due LIMIT 1")
                    .mapTo(String.class)
                    .one());
    assertThat(oldest).contains("\"number 3\"");
  }

  @Test
  void aNoticeIsWrittenWithItsTransactionOrNotAtAll() throws Exception {
    assertThatThrownBy(
            () ->
                database.change(
                    handle -> {
                      outbox.add(handle, NoticeKind.CAPTURE_FAILED, "It failed.", Map.of());
                      throw new IllegalStateException("rolled back");
                    }))
        .hasMessage("rolled back");
    deliveries.run();
    assertThat(came).isEmpty();
  }

  @Test
  void whereNobodyIsToldNothingIsWritten() {
    new Outbox(database, () -> now, false).add(NoticeKind.CAPTURE_FAILED, "It failed.", Map.of());
    assertThat(Outbox.state(database, now).waiting()).isZero();
    add("It failed.");
    Deliveries.forget(database);
    assertThat(Outbox.state(database, now).waiting()).isZero();
  }
}
