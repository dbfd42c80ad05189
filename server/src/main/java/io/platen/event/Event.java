package io.platen.event;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something under way or past, that clients poll.
 *
 * @param teamId null for the import of an OS template, which belongs to no team
 * @param attempt how often its job was begun; the number a worker holds is its right to end the
 *     event
 * @param step what its job has done, in a word of the job's own; null before the first step
 */
public record Event(
    String id,
    @Nullable String teamId,
    @Nullable String machineId,
    @Nullable String templateId,
    EventName name,
    EventState state,
    @Nullable String error,
    int attempt,
    @Nullable String step,
    Progress progress,
    Traffic traffic,
    Instant dtCreated,
    @Nullable Instant dtStarted,
    @Nullable Instant dtFinished) {
  /** The team of an event that is one's. */
  public String requireTeamId() {
    return require(teamId, "team");
  }

  /** The machine of an event that is about one. */
  public String requireMachineId() {
    return require(machineId, "machine");
  }

  /** The template of an event that is about one. */
  public String requireTemplateId() {
    return require(templateId, "template");
  }

  private String require(@Nullable String value, String what) {
    if (value == null) {
      throw new IllegalStateException("event " + id + " (" + name.label() + ") has no " + what);
    }
    return value;
  }
}
