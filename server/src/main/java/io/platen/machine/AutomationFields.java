package io.platen.machine;

import io.platen.rest.JsonBody;
import java.util.Optional;
import java.util.stream.Stream;

/** The fields of requests that say what Platen does with a machine by itself. */
public final class AutomationFields {
  private static final String SNAPSHOTS = "autoSnapshotEnabled";
  private static final String FREQUENCY = "autoSnapshotFrequency";
  private static final String SAVE_COUNT = "autoSnapshotSaveCount";
  private static final String SHUTDOWN = "autoShutdownEnabled";
  private static final String TIMEOUT = "autoShutdownTimeout";
  private static final String FORCE = "autoShutdownForce";

  private AutomationFields() {}

  /** The names of these fields, and of others. */
  public static String[] fields(String... others) {
    return Stream.concat(
            Stream.of(SNAPSHOTS, FREQUENCY, SAVE_COUNT, SHUTDOWN, TIMEOUT, FORCE),
            Stream.of(others))
        .toArray(String[]::new);
  }

  public static Automation.Change read(JsonBody body) {
    return new Automation.Change(
        body.flag(SNAPSHOTS),
        frequency(body),
        number(body, SAVE_COUNT, Automation.MOST_SNAPSHOTS),
        body.flag(SHUTDOWN),
        number(body, TIMEOUT, Automation.MOST_HOURS),
        body.flag(FORCE));
  }

  private static Optional<SnapshotFrequency> frequency(JsonBody body) {
    var label = body.text(FREQUENCY);
    var found = label.flatMap(SnapshotFrequency::of);
    if (label.isPresent() && found.isEmpty()) {
      body.issues()
          .add(
              FREQUENCY,
              "\"%s\" is not one of %s"
                  .formatted(label.get(), String.join(", ", SnapshotFrequency.labels())));
    }
    return found;
  }

  private static Optional<Integer> number(JsonBody body, String field, int most) {
    var number = body.integer(field);
    if (number.filter(value -> value < 1 || value > most).isPresent()) {
      body.issues()
          .add(field, "%d is not a whole number from 1 to %d".formatted(number.get(), most));
      return Optional.empty();
    }
    return number.map(Long::intValue);
  }
}
