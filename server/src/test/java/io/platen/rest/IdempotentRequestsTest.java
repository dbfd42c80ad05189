package io.platen.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.platen.database.Database;
import io.platen.model.Refusal;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdempotentRequestsTest {
  private static final Map<String, Object> DONE = Map.of("done", true);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path directory;

  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final AtomicInteger effects = new AtomicInteger();

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @SuppressWarnings("NullAway.Init")
  private IdempotentRequests once;

  @SuppressWarnings("NullAway.Init")
  private String team;

  @BeforeEach
  void open() {
    database = Database.open(Database.sqliteUrl(directory.resolve("x.db")));
    once =
        new IdempotentRequests(database, new KeptAnswerRepository(), new ObjectMapper(), () -> now);
    team = new TeamService(database, new TeamRepository(), () -> now).team("a").id();
  }

  @AfterEach
  void close() {
    database.close();
  }

  private RequestIdentity identity(String key, String body) {
    return RequestIdentity.of(
        team, key, "POST", "/v1/machines", body.getBytes(StandardCharsets.UTF_8));
  }

  /** A change that shows in the database, so that a roll-back shows too. */
  private Map<String, Object> effect(Handle handle) {
    effects.incrementAndGet();
    handle.execute("INSERT INTO setting (name, value) VALUES (?, 'x')", "effect " + effects.get());
    return DONE;
  }

  private long changes() {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT COUNT(*) FROM setting WHERE name LIKE 'effect%'")
                .mapTo(Long.class)
                .one());
  }

  private Map<String, Object> run(String key, String body) {
    return once.run(identity(key, body), () -> this::effect);
  }

  private @Nullable KeptAnswer repeated(String key, String body) {
    try {
      run(key, body);
      return null;
    } catch (AnsweredBefore before) {
      return before.answer();
    }
  }

  @Test
  void theSameRequestIsDoneOnceAndAnsweredAlike() {
    assertThat(run("k", "body")).isEqualTo(DONE);
    assertThat(repeated("k", "body")).isEqualTo(new KeptAnswer(200, "{\"done\":true}"));
    assertThat(changes()).isEqualTo(1);
  }

  @Test
  void anotherBodyUnderTheSameKeyIsAConflict() {
    run("k", "body");
    assertThatThrownBy(() -> run("k", "other"))
        .isInstanceOfSatisfying(
            Refusal.class, e -> assertThat(e.reason()).isEqualTo(Refusal.Reason.CONFLICT));
    assertThat(changes()).isEqualTo(1);
  }

  @Test
  void anotherTeamsKeysHaveNothingToDoWithIt() {
    run("k", "body");
    var other = new TeamService(database, new TeamRepository(), () -> now).team("b").id();
    var identity = RequestIdentity.of(other, "k", "POST", "/v1/machines", new byte[0]);
    assertThat(once.run(identity, () -> this::effect)).isEqualTo(DONE);
  }

  @Test
  void ofRequestsThatArriveTogetherOneIsDoneAndAllGetItsAnswer() throws Exception {
    int clients = 16;
    var barrier = new CyclicBarrier(clients);
    Callable<Boolean> request =
        () -> {
          barrier.await();
          var before = repeated("k", "body");
          return before == null || before.equals(new KeptAnswer(200, "{\"done\":true}"));
        };
    try (var threads = Executors.newFixedThreadPool(clients)) {
      List<Future<Boolean>> all =
          threads.invokeAll(Stream.generate(() -> request).limit(clients).toList());
      for (var one : all) {
        assertThat(one.get()).isTrue();
      }
    }
    assertThat(effects).hasValue(1);
    assertThat(changes()).isEqualTo(1);
  }

  @Test
  void aFailureOfTheServerKeepsNothingSoThatTheNextTryWorks() {
    assertThatThrownBy(
            () ->
                once.run(
                    identity("k", "body"),
                    () ->
                        handle -> {
                          effect(handle);
                          throw new IllegalStateException("a crash before the commit");
                        }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(changes()).isZero();
    assertThat(run("k", "body")).isEqualTo(DONE);
    assertThat(changes()).isEqualTo(1);
  }

  @Test
  void aRefusalIsKeptAndWhatWasChangedBeforeItIsNot() {
    IdempotentRequests.Effect<Object> refused =
        handle -> {
          effect(handle);
          throw Refusal.conflict("not now");
        };
    assertThatThrownBy(() -> once.run(identity("k", "body"), () -> refused))
        .isInstanceOf(ApiException.class)
        .hasMessage("not now");
    assertThat(changes()).isZero();
    assertThat(repeated("k", "body"))
        .isEqualTo(new KeptAnswer(409, "{\"code\":\"CONFLICT\",\"message\":\"not now\"}"));
    assertThat(changes()).isZero();
  }

  @Test
  void aRefusalByTheCheckIsKeptToo() {
    assertThatThrownBy(
            () ->
                once.run(
                    identity("k", "{}"),
                    () -> {
                      throw Refusal.invalid("name", "is required");
                    }))
        .isInstanceOf(ApiException.class);
    var before = repeated("k", "{}");
    assertThat(before).isNotNull().extracting(KeptAnswer::status).isEqualTo(400);
    assertThat(effects).hasValue(0);
  }

  @Test
  void whatTheCheckFindsUnavailableIsNotKept() {
    assertThatThrownBy(
            () ->
                once.run(
                    identity("k", "body"),
                    () -> {
                      throw Refusal.unavailable("libvirt can't be asked", null);
                    }))
        .isInstanceOf(ApiException.class);
    assertThat(run("k", "body")).isEqualTo(DONE);
  }

  @Test
  void aKeptRefusalHasNoDetailsForTheClientThatCantReadThem() {
    assertThatThrownBy(
            () ->
                once.run(
                    identity("k", "{}"),
                    () -> {
                      throw Refusal.invalid("name", "is required");
                    }))
        .isInstanceOf(ApiException.class);
    var kept = repeated("k", "{}");
    assertThat(kept).isNotNull();
    assertThat(kept.bodyFor(null)).contains("\"details\":{\"issues\":");
    assertThat(kept.bodyFor("paperspace-cli"))
        .isEqualTo("{\"code\":\"BAD_REQUEST\",\"message\":\"name is required\"}");
  }

  @Test
  void after24HoursTheKeyIsFreeAndItsAnswerIsForgotten() {
    run("k", "body");
    run("young", "body");
    now = now.plus(Duration.ofHours(24)).minusMillis(1);
    assertThat(repeated("k", "body")).isNotNull();
    assertThat(once.removeExpired()).isZero();
    now = now.plusMillis(1);
    assertThat(run("k", "other")).isEqualTo(DONE);
    assertThat(once.removeExpired()).isEqualTo(1);
    assertThat(repeated("k", "other")).isNotNull();
  }

  @Test
  void keysArePrintableAndAtMost255Long() {
    for (var bad : List.of("", " ", "a b", "ä", "\t", "x".repeat(256))) {
      assertThatThrownBy(() -> identity(bad, "")).isInstanceOf(Refusal.class);
    }
    assertThat(identity("x".repeat(255), "").key()).hasSize(255);
  }
}
