package io.platen.event;

import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** An event as clients see it: these eight keys, always. */
@Schema(name = "MachineEvent")
public record EventView(
    String id,
    @Schema(
            enumeration = {
              "bill-sessions",
              "bill-upgrade",
              "create",
              "deactivate",
              "restart",
              "snapshot-create",
              "snapshot-delete",
              "snapshot-restore",
              "start",
              "stop",
              "template-create",
              "template-delete",
              "template-distribute",
              "template-import",
              "vm-migrate",
              "vm-shutdown-force",
              "vm-upgrade"
            })
        String name,
    @Schema(enumeration = {"new", "in progress", "done", "error", "cancelled"}) String state,
    @Nullable String machineId,
    Instant dtCreated,
    @Nullable Instant dtStarted,
    @Nullable Instant dtFinished,
    @Nullable String error) {
  public static EventView of(Event event) {
    return new EventView(
        event.id(),
        event.name().label(),
        event.state().label(),
        event.machineId(),
        event.dtCreated(),
        event.dtStarted(),
        event.dtFinished(),
        event.error());
  }
}
