package io.platen.startupscript;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A script of a team's.
 *
 * @param isEnabled whether machines run it at all
 * @param isRunOnce at the first boot of each machine that has it, or at every one
 */
public record StartupScript(
    String id,
    String teamId,
    String name,
    @Nullable String description,
    String script,
    boolean isEnabled,
    boolean isRunOnce,
    Instant dtCreated,
    @Nullable Instant dtDeleted) {
  /** Whether machines of this agent type run scripts at all: cloud-init is a matter of Linux. */
  public static boolean runsOn(String agentType) {
    return agentType.startsWith("Linux");
  }

  /** Why there is no script for machines of an agent type that {@link #runsOn} does not name. */
  public static String notOn(String agentType) {
    return "startup scripts are run by cloud-init on Linux, and the agent type here is "
        + agentType;
  }
}
