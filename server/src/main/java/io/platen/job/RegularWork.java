package io.platen.job;

import io.platen.database.ClaimLost;
import io.platen.database.Outage;
import io.platen.liveness.OutOfMemory;
import io.platen.liveness.Pulse;
import io.platen.liveness.Watchdog;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Work that is done again and again, on a thread of its own that the watchdog knows. A turn that
 * fails is no reason not to take the next; what it failed of is logged when it changes.
 */
public final class RegularWork implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(RegularWork.class);

  private final String name;
  private final Turn turn;
  private final Duration limit;
  private final Watchdog watchdog;
  private final ScheduledExecutorService thread;
  private volatile @Nullable Pulse pulse;
  private String failing = "";

  /** What is done each time. */
  @FunctionalInterface
  public interface Turn {
    void run() throws IOException, InterruptedException;
  }

  /**
   * Work that does not begin yet, and is not missed until it does.
   *
   * @param name of the thread, and of the work in messages
   * @param limit longer than any turn takes that is not stuck
   */
  public RegularWork(String name, Duration limit, Watchdog watchdog, Turn turn) {
    this.name = name;
    this.turn = turn;
    this.limit = limit;
    this.watchdog = watchdog;
    thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name(name.replace(' ', '-')).factory());
  }

  /**
   * Begins at once; once.
   *
   * @param pause from the end of a turn to the next
   */
  public void start(Duration pause) {
    pulse = watchdog.watch(name, limit);
    var _ =
        thread.scheduleWithFixedDelay(this::attempt, 0, pause.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Says that a turn with many parts is not stuck: the limit holds for each of them. */
  public void beat() {
    var watched = pulse;
    if (watched != null) {
      watched.beat();
    }
  }

  private void attempt() {
    beat();
    try {
      turn.run();
      failing = "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | ClaimLost e) {
      report(e);
    } catch (RuntimeException | Error e) {
      // Thrown on, it would end the schedule.
      OutOfMemory.endIfItIs(e);
      if (Outage.isOutage(e)) {
        report(e);
      } else {
        LOG.errorf(e, "%s failed", name);
      }
    }
  }

  private void report(Throwable e) {
    String reason = reason(e);
    if (!reason.equals(failing)) {
      LOG.warnf("%s has to wait: %s", name, e.getMessage());
    }
    failing = reason;
  }

  /** What tells a failure from another one. Of a database that is away each message is new. */
  static String reason(Throwable e) {
    return Outage.isOutage(e) ? "the database is away" : String.valueOf(e.getMessage());
  }

  /**
   * Takes a last turn, after the one that is under way, and waits for it; then as {@link #close}.
   * Work that has not begun, or has ended, takes none.
   *
   * @param atMost how long both may take; what is not done by then is interrupted
   */
  public void closeAfterLastTurn(Duration atMost) throws InterruptedException {
    try {
      if (pulse != null) {
        thread.submit(this::attempt).get(atMost.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (RejectedExecutionException e) {
      LOG.debugf("%s has ended already", name);
    } catch (TimeoutException e) {
      LOG.warnf("%s is cut off: it takes longer than %s", name, atMost);
    } catch (ExecutionException e) {
      LOG.errorf(e, "%s failed", name);
    } finally {
      close();
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
