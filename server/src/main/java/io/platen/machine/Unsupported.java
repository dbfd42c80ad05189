package io.platen.machine;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.api.JsonBody;
import java.util.Map;

/**
 * What clients of this API may ask for and Platen does not do. Asking is refused, so that nobody
 * believes they have it; saying no to it (null, false, 0, "none") is fine.
 */
final class Unsupported {
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
          Map.entry("publicIpType", "public IP addresses"),
          Map.entry("accessorIds", "access by user"),
          Map.entry("emailPassword", "passwords by mail"),
          Map.entry("enableNvlink", "NVLink"));

  private Unsupported() {}

  static void check(JsonBody body) {
    FIELDS.forEach(
        (field, what) ->
            body.field(field)
                .filter(Unsupported::asks)
                .ifPresent(
                    value ->
                        body.issues()
                            .add(field, what + " are not supported here; leave the field out")));
  }

  private static boolean asks(JsonNode value) {
    return switch (value.getNodeType()) {
      case BOOLEAN -> value.booleanValue();
      case NUMBER -> value.doubleValue() != 0;
      case STRING -> !value.textValue().isEmpty() && !value.textValue().equals("none");
      case ARRAY, OBJECT -> !value.isEmpty();
      default -> false;
    };
  }
}
