package io.platen.job;

import io.platen.event.Event;
import io.platen.event.Progress;
import io.platen.event.Traffic;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The channel between a running job and its runner: progress and steps out, cancellation in. */
public final class JobContext {
  /** Where it is noted, durably, what a job has done. */
  @FunctionalInterface
  interface Steps {
    /** Throws where the attempt no longer counts. */
    void note(String step) throws JobStopped;
  }

  /**
   * Weight of the newest interval in the rate; at four intervals a second it follows a change
   * within two seconds.
   */
  private static final double NEWEST = 0.2;

  private final Steps steps;
  private volatile String phase = "preparing";
  private volatile @Nullable String consistency;
  private volatile long done;
  private volatile long total;
  private volatile Traffic traffic = Traffic.NONE;
  private volatile boolean stopped;
  private final List<Runnable> stoppers = new ArrayList<>();
  private final List<Runnable> endings = new ArrayList<>();

  private long lastDone;
  private long lastNanos;
  private double rate;

  JobContext(Steps steps) {
    this.steps = steps;
  }

  /**
   * Notes that something is done, durably: the next attempt finds it in {@link Event#step}. A phase
   * is for people to read and says nothing about that.
   *
   * @throws JobStopped where the attempt no longer counts
   */
  public void step(String done) throws JobStopped {
    steps.note(done);
  }

  /** Begins a phase. */
  public void phase(String name, long bytesTotal) {
    phase = name;
    total = bytesTotal;
    done = 0;
  }

  /** Tells how the disk of a running machine is taken: {@code agent} or {@code crash}. */
  public void consistency(String kind) {
    consistency = kind;
  }

  /** Tells how many bytes of the phase are done. */
  public void advanced(long bytesDone, long bytesTotal) {
    done = bytesDone;
    total = bytesTotal;
  }

  /** Tells what the work moved, once that is known. */
  public void moved(long bytesRead, long bytesStored) {
    traffic = new Traffic(bytesRead, bytesStored);
  }

  Traffic traffic() {
    return traffic;
  }

  public boolean isStopped() {
    return stopped;
  }

  public void throwIfStopped() throws JobStopped {
    if (stopped) {
      throw new JobStopped();
    }
  }

  /**
   * Registers what ends a wait of this job. It is run at once when the job was asked to stop
   * before.
   */
  public void onStop(Runnable stopper) {
    synchronized (stoppers) {
      if (!stopped) {
        stoppers.add(stopper);
        return;
      }
    }
    stopper.run();
  }

  /**
   * Registers what is done when the attempt has ended, however it did: after the transaction with
   * its outcome, where there is one.
   */
  public void onEnd(Runnable ending) {
    synchronized (endings) {
      endings.add(ending);
    }
  }

  /** Tells that the attempt has ended. */
  void ended() {
    synchronized (endings) {
      endings.forEach(Runnable::run);
      endings.clear();
    }
  }

  /** Tells the job to stop. */
  void stop() {
    List<Runnable> toRun;
    synchronized (stoppers) {
      if (stopped) {
        return;
      }
      stopped = true;
      toRun = List.copyOf(stoppers);
    }
    toRun.forEach(Runnable::run);
  }

  /** How far the job is now; called at regular intervals, for the rate. */
  synchronized Progress progress(long nanoTime) {
    long now = done;
    if (now < lastDone || lastNanos == 0) {
      rate = 0;
    } else if (nanoTime > lastNanos) {
      double newest = (now - lastDone) * 1e9 / (nanoTime - lastNanos);
      rate = rate == 0 ? newest : rate + NEWEST * (newest - rate);
    }
    lastDone = now;
    lastNanos = nanoTime;
    return new Progress(phase, consistency, now, total, Math.round(rate));
  }
}
