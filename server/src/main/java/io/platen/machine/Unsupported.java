package io.platen.machine;

import io.platen.rest.ReadBody;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What clients of this API may ask for and Platen does not do. Asking is refused, so that no one
 * believes they have it; saying no to it (null, false, 0, "none") is fine, and so are the settings
 * of something that is switched off.
 */
public final class Unsupported {
  /**
   * Something that is not done.
   *
   * @param toggle the field that switches it on or off; null where there is none
   * @param settings the other fields that it has
   * @param sentence what the client is told, once for all of its fields
   */
  private record Option(@Nullable String toggle, List<String> settings, String sentence) {
    Stream<String> fields() {
      return Stream.concat(Stream.ofNullable(toggle), settings.stream());
    }

    void check(ReadBody<?> body) {
      boolean off = toggle != null && body.has(toggle) && !body.asks(toggle);
      if (!off) {
        fields()
            .filter(field -> body.asks(field) && !body.issues().has(field))
            .findFirst()
            .ifPresent(field -> body.issues().add(field, sentence));
      }
    }
  }

  private static final List<Option> OPTIONS =
      List.of(
          new Option(
              "restorePointEnabled",
              List.of("restorePointFrequency", "restorePointSnapshotId"),
              "Platen has no restore points; leave this out or send false"),
          new Option(null, List.of("reservationId"), "Platen has no reservations; leave this out"),
          new Option(
              null,
              List.of("accessorIds"),
              "everyone with an API key of the team can use its machines, and no one else can; leave this out"),
          new Option(
              "enableNvlink", List.of(), "Platen offers no NVLink; leave this out or send false"));

  private Unsupported() {}

  /** Refuses what is asked for of it. */
  public static void check(ReadBody<?> body) {
    OPTIONS.forEach(option -> option.check(body));
  }
}
