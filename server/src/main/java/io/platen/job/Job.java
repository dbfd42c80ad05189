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

  /** Whether work whose node is silent can be done by another one. */
  sealed interface Move {
    /** It is that node's by now. */
    record To(String node) implements Move {}

    /** It could be, and no node can take it. */
    record Nowhere(String why) implements Move {}

    /** It is that node's alone. */
    record Never() implements Move {}
  }

  /**
   * Hands what the work is about to another node, in the transaction of that node's, where nothing
   * that the silent one still does can matter.
   */
  default Move move(Handle handle, Event event) {
    return new Move.Never();
  }

  /**
   * Writes, in the transaction in which another node ends the event, that the work is lost with its
   * node. What that has on its disk can't be known.
   */
  default void lost(Handle handle, Event event) {
    failed(handle, event);
  }

  /** Writes, on the node that had the work and is back, what {@link #lost} could not know. */
  default void back(Handle handle, Event event) {}
}
