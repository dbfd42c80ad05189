package io.platen.process;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Programs that are run one after another for one piece of work: they have one time limit together,
 * and a cancellation ends the one that runs, and the work, at once.
 *
 * <p>One thread does the work; {@link #cancel} may come from any.
 */
public final class TimedWork {
  /** The work was cancelled. */
  public static final class Cancelled extends IOException {
    private static final long serialVersionUID = 1L;

    Cancelled(String what) {
      super(what + " was cancelled");
    }
  }

  private final String what;
  private final Duration limit;
  private final long end;
  private boolean cancelled;
  private @Nullable ChildProcess running;

  /**
   * Begins now.
   *
   * @param what the work is, for messages
   */
  public TimedWork(String what, Duration limit) {
    this.what = what;
    this.limit = limit;
    end = System.nanoTime() + limit.toNanos();
  }

  /** Ends the work at once; one that is over is not changed. */
  public synchronized void cancel() {
    cancelled = true;
    if (running != null) {
      running.abort();
    }
  }

  /**
   * Goes on only while there is time.
   *
   * @throws Cancelled after a cancellation
   * @throws IOException after the time limit
   */
  public Duration left() throws IOException {
    long nanos = end - System.nanoTime();
    synchronized (this) {
      if (cancelled) {
        throw new Cancelled(what);
      }
    }
    if (nanos <= 0) {
      throw tooLong();
    }
    return Duration.ofNanos(nanos);
  }

  private IOException tooLong() {
    return new IOException("%s takes longer than %d s".formatted(what, limit.toSeconds()));
  }

  /** Runs a program to its end and returns what it wrote to its standard output. */
  public byte[] run(Command command) throws IOException, InterruptedException {
    try (var child = start(command)) {
      return child.await(left());
    } catch (ToolFailed e) {
      throw because(e);
    } finally {
      ended();
    }
  }

  /** Runs a program whose exit status says more than good or bad, and returns that. */
  public int exitStatus(Command command) throws IOException, InterruptedException {
    try (var child = start(command)) {
      if (!child.waitFor(left())) {
        throw tooLong();
      }
      var _ = left(); // one that was ended by a cancellation has no status of its own
      return child.exitStatus();
    } finally {
      ended();
    }
  }

  private ChildProcess start(Command command) throws IOException, InterruptedException {
    var _ = left();
    var child = ChildProcess.start(command);
    synchronized (this) {
      running = child;
      if (cancelled) {
        child.abort();
      }
    }
    return child;
  }

  private synchronized void ended() {
    running = null;
  }

  /** A program that was ended failed because of what ended it. */
  private IOException because(ToolFailed failure) throws IOException {
    var _ = left();
    return failure;
  }
}
