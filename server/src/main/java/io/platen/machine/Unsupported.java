package io.platen.machine;

import io.platen.rest.JsonBody;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What clients of this API may ask for and Platen does not do. Asking is refused, so that no one
 * believes they have it; saying no to it (null, false, 0, "none") is fine.
 */
public final class Unsupported {
  private static final Map<String, String> FIELDS =
      Map.ofEntries(
          Map.entry("autoSnapshotEnabled", "automatic snapshots"),
          Map.entry("autoSnapshotFrequency", "automatic snapshots"),
          Map.entry("autoSnapshotSaveCount", "automatic snapshots"),
          Map.entry("autoShutdownEnabled", "automatic shutdown"),
          Map.entry("autoShutdownTimeout", "automatic shutdown"),
          Map.entry("autoShutdownForce", "automatic shutdown"),
          Map.entry("takeInitialSnapshot", "snapshots"),
          Map.entry("restorePointEnabled", "restore points"),
          Map.entry("restorePointFrequency", "restore points"),
          Map.entry("reservationId", "reservations"),
          Map.entry("accessorIds", "access by user"),
          Map.entry("emailPassword", "passwords by mail"),
          Map.entry("enableNvlink", "NVLink"));

  private Unsupported() {}

  /** The names of these fields, and of others. */
  public static String[] fields(String... others) {
    return Stream.concat(FIELDS.keySet().stream(), Arrays.stream(others)).toArray(String[]::new);
  }

  public static void check(JsonBody body) {
    FIELDS.forEach(
        (field, what) -> {
          if (body.asks(field)) {
            body.issues().add(field, what + " are not supported here; leave the field out");
          }
        });
  }
}
