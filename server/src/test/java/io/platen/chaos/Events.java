package io.platen.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** What goes on after its request was answered. */
final class Events {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String DONE = "done";

  private record Begun(Act act, String id) {}

  private final Ground ground;
  private final List<Begun> begun = new ArrayList<>();
  private final Map<String, String> ended = new HashMap<>();

  Events(Ground ground) {
    this.ground = ground;
  }

  /** Notes the event of an answer; null for none. Its id, or null. */
  @Nullable String note(Act act, @Nullable JsonNode answer) {
    ground.tally().begin(act);
    if (answer == null) {
      return null;
    }
    String id = answer.path("event").path("id").asText();
    begun.add(new Begun(act, id));
    return id;
  }

  /** Waits until all that was asked for has ended, whether its answer was heard or not. */
  void settle() {
    for (var event : begun) {
      if (ground.client().get("/machine-events/" + event.id).status() == 200) {
        String state = ground.client().awaitEnd(event.id).path("state").asText();
        ended.put(event.id, state);
        if (state.equals(DONE)) {
          ground.tally().end(event.act);
        }
      }
    }
    begun.clear();
    Awaitility.await("the end of all events")
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(
            () ->
                assertThat(ground.check().ids("SELECT id FROM event WHERE dt_finished IS NULL"))
                    .isEmpty());
  }

  boolean isDone(@Nullable String id) {
    return id != null && DONE.equals(ended.get(id));
  }

  /** The database is of an earlier time: it need not know what has ended since. */
  void forget() {
    ended.clear();
  }

  /** How events have ended, by id. */
  Map<String, String> ended() {
    return Map.copyOf(ended);
  }
}
