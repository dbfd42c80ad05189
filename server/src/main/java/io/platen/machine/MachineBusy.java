package io.platen.machine;

import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.model.Refusal;
import org.jdbi.v3.core.Handle;

/** The refusals for machines that have something else under way. */
final class MachineBusy {
  private final EventRepository events;

  MachineBusy(EventRepository events) {
    this.events = events;
  }

  /**
   * Refuses while a template is captured from a machine.
   *
   * @throws Refusal CONFLICT, saying what to wait for
   */
  void refuseDuringCapture(Handle handle, String machineId) {
    if (events.isOpen(handle, machineId, EventName.TEMPLATE_CREATE)) {
      throw Refusal.conflict(
          "Machine %s is being captured; wait for its template-create event to end, or delete the template."
              .formatted(machineId));
    }
  }

  static String currently(Machine machine) {
    return "currently " + machine.state().label();
  }

  /** For a machine that is in another state than the request needs. */
  static Refusal refusal(Machine machine) {
    return Refusal.conflict("This machine is %s.".formatted(currently(machine)));
  }
}
