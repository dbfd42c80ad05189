package io.platen.machine;

import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.hypervisor.Hypervisor;
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

/** The rules of machines. */
public final class MachineService {
  private final Database database;
  private final MachineRepository machines;
  private final EventRepository eventRows;
  private final JobService jobs;
  private final Hypervisor hypervisor;
  private final PublicIpService publicIps;
  private final InstantSource clock;

  public MachineService(
      Database database,
      MachineRepository machines,
      EventRepository eventRows,
      JobService jobs,
      Hypervisor hypervisor,
      PublicIpService publicIps,
      InstantSource clock) {
    this.database = database;
    this.machines = machines;
    this.eventRows = eventRows;
    this.jobs = jobs;
    this.hypervisor = hypervisor;
    this.publicIps = publicIps;
    this.clock = clock;
  }

  /** A machine as it is now, and what is under way behind an update, if anything is. */
  public record Update(Machine machine, @Nullable Event event) {}

  /** A machine and the event of what is under way for it. */
  public record MachineAndEvent(Machine machine, Event event) {}

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
    database.change(handle -> machines.insert(handle, machine));
  }

  /**
   * Changes a machine: its name and type at once, its public address from the next start on, the
   * size of its disk by a job.
   *
   * @param diskSizeGb null to leave the disk as it is
   * @param publicIp null to leave the address as it is
   * @throws Refusal CONFLICT where the type is to change and the machine is not off, or the disk
   *     and something is under way; BAD_REQUEST where the disk would shrink, or is not ours
   */
  public Update update(
      String teamId,
      String id,
      @Nullable String name,
      @Nullable String machineType,
      @Nullable Integer diskSizeGb,
      PublicIpService.@Nullable Wish publicIp) {
    return database.transaction(
        handle -> {
          long version = SortKeyHistory.begin(handle, teamId);
          var machine = machines.lock(handle, teamId, id);
          boolean changesType = machineType != null && !machineType.equals(machine.machineType());
          if (changesType && machine.state() != MachineState.OFF) {
            throw Refusal.conflict(
                "The machine type can be changed while the machine is off, and this machine is %s; stop it first."
                    .formatted(currently(machine)));
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
          if (publicIp != null) {
            publicIps.change(handle, teamId, id, publicIp);
          }
          return new Update(machines.lock(handle, teamId, id), event);
        });
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
      throw busy(machine);
    }
    refuseDuringCapture(handle, machine.id());
    machines.changeDisk(handle, machine.id(), bytes, now());
    machines.changeState(handle, machine.id(), MachineState.UPGRADING, now());
    return jobs.create(handle, machine.teamId(), machine.id(), null, EventName.VM_UPGRADE);
  }

  private void refuseDuringCapture(Handle handle, String id) {
    if (eventRows.isOpen(handle, id, EventName.TEMPLATE_CREATE)) {
      throw Refusal.conflict(
          "Machine %s is being captured; wait for its template-create event to end, or delete the template."
              .formatted(id));
    }
  }

  private static String currently(Machine machine) {
    return "currently " + machine.state().label();
  }

  private static Refusal busy(Machine machine) {
    return Refusal.conflict("This machine is %s.".formatted(currently(machine)));
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

  private MachineAndEvent power(
      String teamId, String id, MachineState from, MachineState through, EventName name) {
    // Another team's machine is unknown, whatever there is to run it.
    get(teamId, id);
    requireHypervisor();
    return database.transaction(
        handle -> {
          // The team's row before the machine's, as everywhere.
          SortKeyHistory.begin(handle, teamId);
          var machine = machines.lock(handle, teamId, id);
          if (machine.domain().isEmpty()) {
            throw Refusal.unsupported(
                "Machine %s was adopted as a disk only; adopt its domain with \"platen machine adopt --domain\" to run it."
                    .formatted(id));
          }
          if (machine.state() != from) {
            throw busy(machine);
          }
          refuseDuringCapture(handle, id);
          machines.changeState(handle, id, through, now());
          var event = jobs.create(handle, teamId, id, null, name);
          return new MachineAndEvent(machines.lock(handle, teamId, id), event);
        });
  }

  /** Whether machines can run here. */
  public boolean hasHypervisor() {
    return hypervisor.isThere();
  }

  /**
   * Refuses where machines can't run.
   *
   * @throws Refusal UNSUPPORTED, saying why
   */
  public void requireHypervisor() {
    if (!hypervisor.isThere()) {
      throw Refusal.unsupported(
          "No hypervisor is set up on this server, so machines have disks but can't run: %s; \"platen doctor\" says what it needs."
              .formatted(hypervisor.absence()));
    }
  }

  /**
   * Deletes a machine; its launch is cancelled if that is under way. An adopted disk stays.
   *
   * @throws Refusal CONFLICT while a template is captured from it
   */
  public MachineAndEvent delete(String teamId, String id) {
    return database.transaction(
        handle -> {
          var machine = machines.lock(handle, teamId, id);
          refuseDuringCapture(handle, id);
          for (var name : eventRows.open(handle, id)) {
            jobs.cancelByMachine(handle, id, name);
          }
          var now = now();
          machines.delete(handle, id, now);
          var event = jobs.create(handle, teamId, id, null, EventName.DEACTIVATE);
          return new MachineAndEvent(machine.withDeleted(now), event);
        });
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
