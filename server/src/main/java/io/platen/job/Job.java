package io.platen.job;

import io.platen.event.Event;
import org.jdbi.v3.core.Handle;

/**
 * The work behind one kind of event. It may be run again after any interruption, so it must find
 * and reuse, or undo, what an earlier attempt left.
 */
public interface Job {
  /** What a job that succeeded writes, in the transaction that ends its event. */
  @FunctionalInterface
  interface Outcome {
    void write(Handle handle);
  }

  /**
   * Does the work. It should watch {@link JobContext#throwIfStopped} or register what stops it.
   *
   * @throws JobStopped when it was asked to stop
   * @throws Exception when it failed; the message becomes the event's error, so it says what failed
   *     and what to do
   */
  Outcome run(Event event, JobContext context) throws Exception;

  /** Writes, in the transaction that ends the event, that the work failed. */
  void failed(Handle handle, Event event);
}
