package io.platen.machine;

import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.job.JobService;
import io.platen.model.Gigabytes;
import io.platen.model.Refusal;
import io.platen.network.PublicIpService;
import io.platen.paging.Filter;
import io.platen.paging.ListRequest;
import io.platen.paging.Page;
import io.platen.paging.SortKeyHistory;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The rules of machines; {@link PowerService} has those of starting and stopping them. */
public final class MachineService {
  private final Database database;
  private final MachineRepository machines;
  private final EventRepository eventRows;
  private final JobService jobs;
  private final MachineSnapshots snapshots;
  private final PublicIpService publicIps;
  private final MachineBusy busy;
  private final InstantSource clock;

  public MachineService(
      Database database,
      MachineRepository machines,
      EventRepository eventRows,
      JobService jobs,
      MachineSnapshots snapshots,
      PublicIpService publicIps,
      InstantSource clock) {
    this.database = database;
    this.machines = machines;
    this.eventRows = eventRows;
    this.jobs = jobs;
    this.snapshots = snapshots;
    this.publicIps = publicIps;
    busy = new MachineBusy(eventRows, snapshots);
    this.clock = clock;
  }

  /** A machine as it is now, and what is under way behind an update, if anything is. */
  public record Update(Machine machine, @Nullable Event event) {}

  /** Which machines a list holds; empty where any will do. */
  public record Selection(
      Optional<String> name,
      Optional<String> region,
      Optional<String> agentType,
      Optional<String> machineType) {}

  public Page<Machine> list(ListRequest request, Selection selection) {
    var filters = new ArrayList<Filter>();
    filters.add(Filter.equal("team_id", request.teamId()));
    filters.add(Filter.that("o.dt_deleted IS NULL"));
    selection.name().ifPresent(text -> filters.add(Filter.nameContains(text)));
    selection.region().ifPresent(value -> filters.add(Filter.equal("region", value)));
    selection.agentType().ifPresent(value -> filters.add(Filter.equal("agent_type", value)));
    selection.machineType().ifPresent(value -> filters.add(Filter.equal("machine_type", value)));
    return database.query(queries -> machines.list(queries, request, filters));
  }

  public List<Machine> listAll() {
    return database.read(machines::listAll);
  }

  /**
   * A team's machine.
   *
   * @throws Refusal NOT_FOUND where the team has no such machine
   */
  public Machine get(String teamId, String id) {
    return database
        .query(queries -> machines.find(queries, id))
        .filter(machine -> machine.teamId().equals(teamId))
        .orElseThrow(() -> Refusal.notFound("machine", id));
  }

  /** Takes on a machine whose disk is there already. */
  public void adopt(Machine machine) {
    database.change(handle -> machines.insert(handle, machine, database.node()));
  }

  /**
   * Changes a machine: its name and type at once, its public address from the next start on, the
   * size of its disk by a job.
   *
   * @throws Refusal CONFLICT where the type is to change and the machine is not off, or the disk
   *     and something is under way; BAD_REQUEST where the disk would shrink, or is not ours
   */
  public Update update(String teamId, String id, MachineChanges changes) {
    String name = changes.name();
    String machineType = changes.machineType();
    Integer diskSizeGb = changes.diskSizeGb();
    var publicIp = changes.publicIp();
    return database.transaction(
        handle -> {
          long version = SortKeyHistory.begin(handle, teamId);
          var machine = machines.lock(handle, teamId, id);
          boolean changesType = machineType != null && !machineType.equals(machine.machineType());
          if (changesType && machine.state() != MachineState.OFF) {
            throw Refusal.conflict(
                "The machine type can be changed while the machine is off, and this machine is %s; stop it first."
                    .formatted(MachineBusy.currently(machine)));
          }
          Event event = null;
          if (diskSizeGb != null && Gigabytes.toBytes(diskSizeGb) != machine.disk().bytes()) {
            event = grow(handle, machine, diskSizeGb);
          }
          if (name != null && !name.equals(machine.name())) {
            machines.rename(handle, version, machine, name, now());
          }
          if (machineType != null && changesType) {
            machines.changeType(handle, id, machineType, now());
          }
          automate(handle, machine, changes.automation().on(machine.automation()));
          if (publicIp != null) {
            publicIps.change(handle, teamId, id, publicIp);
          }
          return new Update(machines.lock(handle, teamId, id), event);
        });
  }

  private void automate(Handle handle, Machine machine, Automation automation) {
    var before = machine.automation();
    if (!automation.snapshots().equals(before.snapshots())) {
      AutomationRows.change(handle, machine.id(), automation.snapshots(), now());
    }
    if (!automation.shutdown().equals(before.shutdown())) {
      AutomationRows.change(handle, machine.id(), automation.shutdown(), now());
    }
  }

  private Event grow(Handle handle, Machine machine, int diskSizeGb) {
    long bytes = Gigabytes.toBytes(diskSizeGb);
    if (machine.disk().adopted() != null) {
      throw Refusal.invalid(
          "diskSize",
          "the disk of an adopted machine is not changed here; only its owner does that");
    }
    if (bytes < machine.disk().bytes()) {
      throw Refusal.invalid(
          "diskSize",
          "a disk can't shrink: this one has %d GB"
              .formatted(machine.disk().bytes() / Gigabytes.toBytes(1)));
    }
    if (machine.state() != MachineState.OFF && machine.state() != MachineState.READY) {
      throw MachineBusy.refusal(machine);
    }
    busy.makeWay(handle, machine.id());
    machines.changeDisk(handle, machine.id(), bytes, now());
    machines.changeState(handle, machine.id(), MachineState.UPGRADING, now());
    return jobs.create(handle, machine.teamId(), machine.id(), null, EventName.VM_UPGRADE);
  }

  /**
   * Deletes a machine, and its snapshots with it; what is under way for it is cancelled. An adopted
   * disk stays.
   *
   * @throws Refusal CONFLICT while a template is captured from it
   */
  public MachineAndEvent delete(String teamId, String id) {
    return database.transaction(
        handle -> {
          var machine = machines.lock(handle, teamId, id);
          busy.refuseDuringCapture(handle, id);
          var now = now();
          snapshots.machineDeleted(handle, id, now);
          for (var name : eventRows.open(handle, id)) {
            jobs.cancelByMachine(handle, id, name);
          }
          machines.delete(handle, id, now);
          var event = jobs.create(handle, teamId, id, null, EventName.DEACTIVATE);
          return new MachineAndEvent(machine.withDeleted(now), event);
        });
  }

  /** Undoes a launch: its machine is deleted. */
  public void undoLaunch(Handle handle, Event launch) {
    String id = launch.requireMachineId();
    machines.lock(handle, launch.requireTeamId(), id);
    if (!jobs.cancelByMachine(handle, id, EventName.CREATE)) {
      return;
    }
    publicIps.launchUndone(handle, id);
    machines.delete(handle, id, now());
    jobs.create(handle, launch.requireTeamId(), id, null, EventName.DEACTIVATE);
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
