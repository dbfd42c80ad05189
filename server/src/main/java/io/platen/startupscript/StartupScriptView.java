package io.platen.startupscript;

import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A startup script as clients see it: without its text, which has a path of its own. */
@Schema(name = "StartupScript")
public record StartupScriptView(
    String id,
    String name,
    @Nullable String description,
    boolean isEnabled,
    boolean isRunOnce,
    List<String> assignedMachineIds,
    Instant dtCreated,
    @Nullable Instant dtDeleted) {
  static StartupScriptView of(StartupScriptService.Assigned assigned) {
    var script = assigned.script();
    return new StartupScriptView(
        script.id(),
        script.name(),
        script.description(),
        script.isEnabled(),
        script.isRunOnce(),
        assigned.machineIds(),
        script.dtCreated(),
        script.dtDeleted());
  }

  /** The text of a script. */
  @Schema(name = "StartupScriptText")
  public record Text(String script) {}
}
