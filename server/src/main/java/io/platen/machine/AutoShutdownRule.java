package io.platen.machine;

import java.time.Duration;
import java.time.Instant;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * When a machine is shut down because it is not used. Where its guest's agent answers: when no one
 * has been logged in, and its processors have been idle, for as long as the machine's limit says.
 * Where no agent ever answers, or the limit is meant for every use (force): when it has run for as
 * long.
 */
final class AutoShutdownRule {
  /**
   * Less than a tenth of one processor is what an idle desktop, or a server without work, takes.
   */
  static final double IDLE = 0.1;

  /** What was not looked at for longer may have been in use meanwhile. */
  static final Duration UNSEEN = Duration.ofMinutes(15);

  /** How old what was noted may be before it is noted anew. */
  private static final Duration NOTED = Duration.ofMinutes(5);

  private AutoShutdownRule() {}

  /**
   * A machine that runs.
   *
   * @param runningSince null where that was never noted
   * @param idleSince null where it is in use, as far as it is known
   * @param idleSeen when it was last seen to be idle
   * @param agentAnswers whether its guest's agent has answered since it runs
   */
  record Watched(
      Machine machine,
      @Nullable Instant runningSince,
      @Nullable Instant idleSince,
      @Nullable Instant idleSeen,
      boolean agentAnswers) {
    private Watched with(
        @Nullable Instant idle, @Nullable Instant seen, boolean answers, Instant now) {
      return new Watched(machine, runningSince == null ? now : runningSince, idle, seen, answers);
    }
  }

  /**
   * What was seen of it.
   *
   * @param users how many are logged in; empty where the agent did not answer
   * @param processors how many it used since the look before; empty where that is not known
   */
  record Seen(OptionalInt users, OptionalDouble processors) {
    private boolean isIdle() {
      return users.isPresent()
          && users.getAsInt() == 0
          && processors.isPresent()
          && processors.getAsDouble() < IDLE;
    }

    private boolean isUsed() {
      return users.orElse(0) > 0 || processors.orElse(0) >= IDLE;
    }
  }

  /**
   * What follows.
   *
   * @param watched the machine, as it has to be noted
   * @param why it is to be shut down, in words; null where it is not
   */
  record Verdict(Watched watched, @Nullable String why) {}

  static Verdict judge(Watched before, Seen seen, Instant now) {
    var settings = before.machine().automation().shutdown();
    Integer hours = settings.hours();
    var watched = noted(before, seen, now);
    if (!settings.isEnabled() || hours == null) {
      return new Verdict(watched, null);
    }
    var limit = Duration.ofHours(hours);
    if (Boolean.TRUE.equals(settings.force())) {
      return new Verdict(watched, ran(watched, limit, now, ""));
    }
    if (!watched.agentAnswers()) {
      return new Verdict(
          watched, ran(watched, limit, now, ", and its guest has no agent that says who uses it"));
    }
    var idle = watched.idleSince();
    boolean isOver = seen.isIdle() && idle != null && !idle.plus(limit).isAfter(now);
    return new Verdict(watched, isOver ? "no one has used it for " + words(hours) : null);
  }

  private static @Nullable String ran(Watched watched, Duration limit, Instant now, String more) {
    var since = watched.runningSince();
    return since != null && !since.plus(limit).isAfter(now)
        ? "it has run for " + words(limit.toHours()) + more
        : null;
  }

  private static String words(long hours) {
    return hours == 1 ? "an hour" : hours + " hours";
  }

  private static Watched noted(Watched before, Seen seen, Instant now) {
    boolean answers = before.agentAnswers() || seen.users().isPresent();
    if (seen.isUsed()) {
      return before.with(null, null, answers, now);
    }
    var idle = before.idleSince();
    var last = before.idleSeen();
    boolean lost = idle == null || last == null || last.plus(UNSEEN).isBefore(now);
    if (seen.isIdle()) {
      boolean fresh = !lost && last != null && last.plus(NOTED).isAfter(now);
      return before.with(lost ? now : idle, fresh ? last : now, answers, now);
    }
    // Nothing is known of this moment.
    return before.with(lost ? null : idle, last, answers, now);
  }
}
