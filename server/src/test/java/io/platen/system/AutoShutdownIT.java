package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.Client;
import io.platen.support.MachineHost;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A machine with a real guest that is shut down by itself, after a restart of the server too. */
final class AutoShutdownIT {
  private static JsonNode stop(Client client, String machine) {
    for (var event : client.get("/machine-events?machineId=" + machine).ok().path("items")) {
      if (event.path("name").asText().equals("stop")) {
        return event;
      }
    }
    throw new AssertionError("there is no event stop of " + machine);
  }

  @Test
  void aMachineThatHasRunForItsHoursIsShutDownAndAnotherIsNot() throws Exception {
    var host = MachineHost.get();
    Map<String, Object> limit = Map.of("autoShutdownEnabled", true, "autoShutdownTimeout", 1);
    String old = host.client().awaitDone(host.create("old", limit)).path("id").asText();
    String young = host.client().awaitDone(host.create("young", limit)).path("id").asText();
    host.awaitConsole(old, "TICK 10");
    host.server().terminate();
    String since = Long.toString(Instant.now().minus(Duration.ofMinutes(61)).toEpochMilli());
    assertThat(host.change("UPDATE machine SET running_since = ? WHERE id = ?", since, old))
        .isOne();
    host.server().startAgain();

    var client = host.client();
    await("the shutdown").atMost(Duration.ofMinutes(3)).until(() -> host.state(old).equals("off"));
    var stop = stop(client, old);
    assertThat(stop.path("state").asText()).isEqualTo("done");
    assertThat(
            client
                .get("/machine-events/" + stop.path("id").asText() + "/progress")
                .ok()
                .path("phase")
                .asText())
        .contains("it has run for an hour", "no agent");
    assertThat(host.server().log()).contains(old + " is shut down", "it has run for an hour");
    assertThat(host.state(young)).isEqualTo("ready");
    assertThat(client.get("/machines/" + old).ok().path("autoShutdownTimeout").asInt()).isOne();
    host.delete(old);
    host.delete(young);
  }
}
