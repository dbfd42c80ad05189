package io.platen.job;

import com.github.kagkarlsson.scheduler.event.AbstractSchedulerListener;
import com.github.kagkarlsson.scheduler.task.ExecutionComplete;
import io.platen.liveness.OutOfMemory;
import io.platen.liveness.Pulse;
import io.platen.liveness.Watchdog;
import java.time.Duration;

/**
 * The signs of life of db-scheduler's two threads: one hands out jobs, one writes heartbeats. Jobs
 * that run out of memory end the process.
 */
final class SchedulerPulse extends AbstractSchedulerListener {
  /** Three times as long as a PostgreSQL server that has gone silent is waited for. */
  private static final Duration LIMIT = Duration.ofMinutes(3);

  private final Pulse polls;
  private final Pulse heartbeats;

  SchedulerPulse(Watchdog watchdog, String table) {
    polls = watchdog.watch(table + ": jobs are handed out", LIMIT);
    heartbeats = watchdog.watch(table + ": heartbeats are written", LIMIT);
  }

  @Override
  public void onExecutionComplete(ExecutionComplete execution) {
    execution.getCause().ifPresent(OutOfMemory::endIfItIs);
  }

  @Override
  public void onSchedulerEvent(SchedulerEventType type) {
    switch (type) {
      case RAN_EXECUTE_DUE -> polls.beat();
      case RAN_DETECT_DEAD, RAN_UPDATE_HEARTBEATS -> heartbeats.beat();
      case UNEXPECTED_ERROR -> {
        // One of them has failed, because of the database for example, and goes on.
        polls.beat();
        heartbeats.beat();
      }
      default -> {}
    }
  }
}
