package io.platen.event;

import io.platen.model.Refusal;
import org.jdbi.v3.core.Handle;

/** Takes back what a request began. There is one for each kind of event that can be undone. */
@FunctionalInterface
public interface Undo {
  /**
   * Ends an event that is under way as cancelled, and puts back what its request has changed, in
   * the caller's transaction. Nothing is locked yet; see {@link LockOrder}.
   *
   * @throws Refusal CONFLICT where it is too late
   */
  void undo(Handle handle, Event event);

  /** The refusal for an event that has ended. */
  static Refusal ended(Event event) {
    return Refusal.conflict(
        "The event %s has ended, with the state \"%s\"; there is nothing to cancel."
            .formatted(event.id(), event.state().label()));
  }
}
