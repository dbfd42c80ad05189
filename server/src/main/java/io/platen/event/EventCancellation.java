package io.platen.event;

import io.platen.model.Refusal;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/** Cancels events on request. */
public final class EventCancellation {
  private final EventRepository events;
  private final Map<EventName, Undo> undos;

  /**
   * @param undos how to undo each kind of event that can be
   */
  public EventCancellation(EventRepository events, Map<EventName, Undo> undos) {
    this.events = events;
    this.undos = Map.copyOf(undos);
  }

  /**
   * Cancels a team's event, in the caller's transaction.
   *
   * @return the event as it is then
   * @throws Refusal NOT_FOUND where the team has no such event, CONFLICT where it has ended or
   *     can't be undone
   */
  public Event cancel(Handle handle, String teamId, String id) {
    var event = find(handle, teamId, id);
    if (event.state().isFinal()) {
      throw Undo.ended(event);
    }
    var undo = undos.get(event.name());
    if (undo == null) {
      throw Refusal.conflict(
          "The event %s (%s) can't be undone; wait for its end."
              .formatted(id, event.name().label()));
    }
    undo.undo(handle, event);
    var after = find(handle, teamId, id);
    if (after.state() != EventState.CANCELLED) {
      // It ended after it was looked at.
      throw Undo.ended(after);
    }
    return after;
  }

  private Event find(Handle handle, String teamId, String id) {
    return events
        .find(handle, id)
        .filter(event -> teamId.equals(event.teamId()))
        .orElseThrow(() -> Refusal.notFound("machine event", id));
  }
}
