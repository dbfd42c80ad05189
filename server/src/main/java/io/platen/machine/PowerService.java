package io.platen.machine;

import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.event.Undo;
import io.platen.hypervisor.Hypervisor;
import io.platen.job.JobService;
import io.platen.model.Refusal;
import io.platen.node.Nodes;
import io.platen.paging.SortKeyHistory;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import org.jdbi.v3.core.Handle;

/**
 * The rules by which machines are started, stopped and restarted; {@link MachinePower} is the job
 * that does it.
 */
public final class PowerService {
  private final Database database;
  private final MachineRepository machines;
  private final EventRepository eventRows;
  private final JobService jobs;
  private final Hypervisor hypervisor;
  private final InstantSource clock;
  private final MachineBusy busy;
  private final Nodes nodes;

  public PowerService(
      Database database,
      MachineRepository machines,
      EventRepository eventRows,
      JobService jobs,
      Hypervisor hypervisor,
      MachineSnapshots snapshots,
      InstantSource clock) {
    this.database = database;
    this.machines = machines;
    this.eventRows = eventRows;
    this.jobs = jobs;
    this.hypervisor = hypervisor;
    this.clock = clock;
    busy = new MachineBusy(eventRows, snapshots);
    nodes = new Nodes(database);
  }

  /**
   * Begins to start a machine that is off.
   *
   * @throws Refusal UNSUPPORTED where there is no hypervisor, CONFLICT where the machine is not off
   *     or is being captured
   */
  public MachineAndEvent start(String teamId, String id) {
    return power(teamId, id, MachineState.OFF, MachineState.STARTING, EventName.START);
  }

  /** Begins to stop a machine that runs; see {@link #start}. */
  public MachineAndEvent stop(String teamId, String id) {
    return power(teamId, id, MachineState.READY, MachineState.STOPPING, EventName.STOP);
  }

  /** Begins to restart a machine that runs; see {@link #start}. */
  public MachineAndEvent restart(String teamId, String id) {
    return power(teamId, id, MachineState.READY, MachineState.RESTARTING, EventName.RESTART);
  }

  /**
   * Begins to stop a machine that is not used; see {@link #start}.
   *
   * @param why in words, for the event
   */
  MachineAndEvent stopUnused(String teamId, String id, String why) {
    return database.transaction(
        handle -> {
          var begun =
              power(handle, teamId, id, MachineState.READY, MachineState.STOPPING, EventName.STOP);
          eventRows.announce(handle, begun.event().id(), MachinePower.STOPPING + ": " + why);
          return begun;
        });
  }

  private MachineAndEvent power(
      String teamId, String id, MachineState from, MachineState through, EventName name) {
    // Another team's machine is unknown, whatever there is to run it.
    var _ =
        database
            .read(handle -> machines.find(handle, id))
            .filter(machine -> machine.teamId().equals(teamId))
            .orElseThrow(() -> Refusal.notFound("machine", id));
    requireHypervisor(id);
    return database.transaction(handle -> power(handle, teamId, id, from, through, name));
  }

  private MachineAndEvent power(
      Handle handle,
      String teamId,
      String id,
      MachineState from,
      MachineState through,
      EventName name) {
    // The team's row before the machine's, as everywhere.
    SortKeyHistory.begin(handle, teamId);
    var machine = machines.lock(handle, teamId, id);
    if (machine.domain().isEmpty()) {
      throw Refusal.unsupported(
          "Machine %s was adopted as a disk only; adopt its domain with \"platen machine adopt --domain\" to run it."
              .formatted(id));
    }
    nodes.requireAlive(handle, id);
    if (machine.state() != from) {
      throw MachineBusy.refusal(machine);
    }
    busy.makeWay(handle, id);
    machines.changeState(handle, id, through, clock.instant().truncatedTo(ChronoUnit.MILLIS));
    var event = jobs.create(handle, teamId, id, null, name);
    return new MachineAndEvent(machines.lock(handle, teamId, id), event);
  }

  /**
   * Undoes a start, stop or restart that no one has begun.
   *
   * @throws Refusal CONFLICT where it has begun: the guest may be starting or ending by now
   */
  public void undo(Handle handle, Event power) {
    String id = power.requireMachineId();
    SortKeyHistory.begin(handle, power.requireTeamId());
    machines.lock(handle, power.requireTeamId(), id);
    if (!eventRows.cancelUnbegun(handle, power.id(), clock.instant())) {
      throw eventRows
          .find(handle, power.id())
          .filter(event -> event.state().isFinal())
          .map(Undo::ended)
          .orElseGet(
              () ->
                  Refusal.conflict(
                      "The %s of machine %s has begun and can't be undone; wait for its end."
                          .formatted(power.name().label(), id)));
    }
    var before = power.name() == EventName.START ? MachineState.OFF : MachineState.READY;
    machines.changeState(handle, id, before, clock.instant().truncatedTo(ChronoUnit.MILLIS));
  }

  /** Whether machines of a region can run: here, or on another node. */
  public boolean hasHypervisor(String region) {
    return nodes.areSeveral() ? nodes.runMachines(region) : hypervisor.isThere();
  }

  /**
   * Refuses where no machines of a region can run.
   *
   * @throws Refusal UNSUPPORTED, saying why
   */
  public void requireHypervisorIn(String region) {
    if (!hasHypervisor(region)) {
      throw Refusal.unsupported(
          nodes.areSeveral()
              ? "No node of %s that is alive has a hypervisor, so machines have disks but can't run; \"platen node list\" shows them."
                  .formatted(region)
              : absence());
    }
  }

  private void requireHypervisor(String machineId) {
    if (!nodes.areSeveral()) {
      requireHypervisor();
      return;
    }
    var node =
        database.read(
            handle -> nodes.nodeOf(handle, machineId).flatMap(name -> nodes.find(handle, name)));
    if (node.isPresent() && node.get().isAlive() && !node.get().hasHypervisor()) {
      throw Refusal.unsupported(
          "No hypervisor is set up on the node %s, which has the machine: \"platen doctor\" there says what it needs."
              .formatted(node.get().name()));
    }
  }

  private void requireHypervisor() {
    if (!hypervisor.isThere()) {
      throw Refusal.unsupported(absence());
    }
  }

  private String absence() {
    return "No hypervisor is set up on this server, so machines have disks but can't run: %s; \"platen doctor\" says what it needs."
        .formatted(hypervisor.absence());
  }
}
