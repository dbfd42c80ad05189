package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.support.Client;
import io.platen.support.SharedServer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class IdempotencyIT {
  private final SharedServer shared;
  private final String team;
  private final Client client;
  private final String machine;

  IdempotencyIT() throws Exception {
    shared = SharedServer.get();
    team = shared.team();
    client = shared.client(team);
    machine = shared.seed().machine(team, "m", shared.disk(1 << 20), 1 << 20);
  }

  private Client.Answer create(String name, String key) {
    return client.send(
        "POST",
        "/custom-templates",
        Map.of("machineId", machine, "name", name),
        "Idempotency-Key",
        key);
  }

  private int templates(String name) {
    return client.get("/custom-templates?name=" + name).ok().path("items").size();
  }

  @Test
  void aRequestThatIsSentAgainGetsTheFirstAnswerOnceMore() {
    var first = create("again", "again-1");
    first.ok();
    var second = create("again", "again-1");
    assertThat(second.status()).isEqualTo(200);
    assertThat(second.text()).isEqualTo(first.text());
    assertThat(first.headers().firstValue("idempotent-replayed")).isEmpty();
    assertThat(second.headers().firstValue("idempotent-replayed")).contains("true");
    assertThat(templates("again")).isEqualTo(1);
    create("other", "again-1").error(409, "CONFLICT");
    assertThat(templates("other")).isZero();
  }

  @Test
  void ofManyAtTheSameTimeOneIsDoneAndAllGetItsAnswer() throws Exception {
    Callable<String> request =
        () -> {
          var answer = create("together", "together-1");
          answer.ok();
          return answer.text();
        };
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var texts =
          threads.invokeAll(Stream.generate(() -> request).limit(16).toList()).stream()
              .map(java.util.concurrent.Future::resultNow)
              .distinct()
              .toList();
      assertThat(texts).hasSize(1);
    }
    assertThat(templates("together")).isEqualTo(1);
  }

  @Test
  void refusalsAreRepeatedAndKeysAreChecked() {
    var first = client.send("POST", "/machines", "{}", "Idempotency-Key", "refused-1");
    first.error(400, "BAD_REQUEST");
    var second = client.send("POST", "/machines", "{}", "Idempotency-Key", "refused-1");
    assertThat(second.text()).isEqualTo(first.text());
    assertThat(second.headers().firstValue("idempotent-replayed")).contains("true");
    for (var bad : List.of("with space", "x".repeat(256))) {
      client.send("POST", "/machines", "{}", "Idempotency-Key", bad).invalid("Idempotency-Key");
    }
  }

  @Test
  void anotherTeamsKeyIsAnotherKey() throws Exception {
    create("mine", "shared-1").ok();
    var other = shared.client(shared.team());
    other
        .send(
            "POST",
            "/custom-templates",
            Map.of("machineId", machine, "name", "mine"),
            "Idempotency-Key",
            "shared-1")
        .error(404, "NOT_FOUND");
  }
}
