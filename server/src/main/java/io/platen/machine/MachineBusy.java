package io.platen.machine;

import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.model.Refusal;
import org.jdbi.v3.core.Handle;

/** The refusals for machines that have something else under way. */
public final class MachineBusy {
  private final EventRepository events;
  private final MachineSnapshots snapshots;

  public MachineBusy(EventRepository events, MachineSnapshots snapshots) {
    this.events = events;
    this.snapshots = snapshots;
  }

  /**
   * Makes way for work on a machine, or refuses it: while a template is captured from it, or a
   * person takes a snapshot. A snapshot that a schedule takes is given up.
   *
   * @throws Refusal CONFLICT, saying what to wait for
   */
  public void makeWay(Handle handle, String machineId) {
    refuseDuringCapture(handle, machineId);
    snapshots.makeWay(handle, machineId);
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
