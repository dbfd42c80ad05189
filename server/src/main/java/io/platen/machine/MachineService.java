package io.platen.machine;

import io.platen.api.ApiException;
import io.platen.api.ErrorCode;
import io.platen.api.Gigabytes;
import io.platen.api.Ids;
import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.event.EventService;
import io.platen.paging.Filter;
import io.platen.paging.ListRequest;
import io.platen.paging.Moves;
import io.platen.paging.Page;
import io.platen.template.Damage;
import io.platen.template.Template;
import io.platen.template.TemplateRepository;
import io.platen.template.TemplateState;
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
  private final TemplateRepository templates;
  private final EventRepository eventRows;
  private final EventService events;
  private final InstantSource clock;

  public MachineService(
      Database database,
      MachineRepository machines,
      TemplateRepository templates,
      EventRepository eventRows,
      EventService events,
      InstantSource clock) {
    this.database = database;
    this.machines = machines;
    this.templates = templates;
    this.eventRows = eventRows;
    this.events = events;
    this.clock = clock;
  }

  /** A machine and the event of what is under way for it. */
  public record MachineAndEvent(Machine machine, Event event) {}

  /** What a launch is asked for; checked against the catalog already. */
  public record Launch(
      String name, String machineType, String templateId, int diskSizeGb, String region) {}

  /** Which machines a list holds; null where any will do. */
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
    return database.read(handle -> machines.list(handle, request, filters));
  }

  public List<Machine> listAll() {
    return database.read(machines::listAll);
  }

  /**
   * A team's machine.
   *
   * @throws ApiException NOT_FOUND where the team has no such machine
   */
  public Machine get(String teamId, String id) {
    return database
        .read(handle -> machines.find(handle, id))
        .filter(machine -> machine.teamId().equals(teamId))
        .orElseThrow(() -> ApiException.notFound("machine", id));
  }

  /** Takes on a machine whose disk is there already. */
  public void adopt(Machine machine) {
    database.change(handle -> machines.insert(handle, machine));
  }

  /** Begins the launch of a machine from a template. */
  public MachineAndEvent create(String teamId, Launch launch) {
    return database.transaction(handle -> create(handle, teamId, launch));
  }

  /** As {@link #create(String, Launch)}, in the caller's transaction. */
  public MachineAndEvent create(Handle handle, String teamId, Launch launch) {
    var template =
        templates
            .find(handle, launch.templateId())
            .filter(found -> found.teamId() == null || teamId.equals(found.teamId()))
            .orElseThrow(() -> ApiException.notFound("template", launch.templateId()));
    var digest = template.indexDigest();
    if (template.state() == TemplateState.DAMAGED) {
      throw ApiException.conflict(
          "Template %s can't be launched: %s. Capture a machine that holds the same data, and it is whole again."
              .formatted(
                  template.id(),
                  templates
                      .damage(handle, template.id())
                      .map(Damage::what)
                      .orElse("it is damaged")));
    }
    if (template.state() != TemplateState.AVAILABLE || digest == null) {
      throw ApiException.conflict(
          "Template %s is still being captured; wait for its template-create event to end."
              .formatted(template.id()));
    }
    if (Gigabytes.toBytes(launch.diskSizeGb()) < template.diskBytes()) {
      throw ApiException.invalid(
          "diskSize",
          "%d GB is smaller than the template's disk; take at least %d"
              .formatted(
                  launch.diskSizeGb(), Gigabytes.smallestFor(template.diskBytes()).orElseThrow()));
    }
    var machine = provisioning(teamId, launch, template, digest);
    machines.insert(handle, machine);
    var event = events.create(handle, teamId, machine.id(), template.id(), EventName.CREATE);
    return new MachineAndEvent(machine, event);
  }

  private Machine provisioning(String teamId, Launch launch, Template template, String digest) {
    var now = now();
    return new Machine(
        Ids.machine(),
        teamId,
        launch.name(),
        MachineState.PROVISIONING,
        launch.machineType(),
        template.agentType(),
        template.osLabel(),
        launch.region(),
        template.architecture(),
        template.firmware(),
        Gigabytes.toBytes(launch.diskSizeGb()),
        null,
        new BaseImage(template.id(), digest),
        now,
        now,
        null);
  }

  public Machine update(
      String teamId, String id, @Nullable String name, @Nullable String machineType) {
    return database.transaction(
        handle -> {
          long version = Moves.begin(handle, teamId);
          var machine = machines.lock(handle, teamId, id);
          if (name != null && !name.equals(machine.name())) {
            machines.rename(handle, version, machine, name, now());
          }
          if (machineType != null && !machineType.equals(machine.machineType())) {
            machines.changeType(handle, id, machineType, now());
          }
          return machines.lock(handle, teamId, id);
        });
  }

  /**
   * Deletes a machine; its launch is cancelled if that is under way. An adopted disk stays.
   *
   * @throws ApiException CONFLICT while a template is captured from it
   */
  public MachineAndEvent delete(String teamId, String id) {
    return database.transaction(
        handle -> {
          var machine = machines.lock(handle, teamId, id);
          if (eventRows.isOpen(handle, id, EventName.TEMPLATE_CREATE)) {
            throw ApiException.conflict(
                "Machine %s is being captured; wait for its template-create event to end, or delete the template."
                    .formatted(id));
          }
          events.cancelByMachine(handle, id, EventName.CREATE);
          var now = now();
          machines.delete(handle, id, now);
          var event = events.create(handle, teamId, id, null, EventName.DEACTIVATE);
          return new MachineAndEvent(deleted(machine, now), event);
        });
  }

  private static Machine deleted(Machine machine, Instant now) {
    return new Machine(
        machine.id(),
        machine.teamId(),
        machine.name(),
        machine.state(),
        machine.machineType(),
        machine.agentType(),
        machine.osLabel(),
        machine.region(),
        machine.architecture(),
        machine.firmware(),
        machine.diskBytes(),
        machine.adopted(),
        machine.base(),
        machine.dtCreated(),
        now,
        now);
  }

  /** The refusal to run machines. */
  public ApiException noHypervisor() {
    return new ApiException(
        ErrorCode.PRECONDITION_FAILED,
        "No hypervisor is set up on this server: machines have disks but can't run yet.");
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
