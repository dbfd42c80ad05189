package io.platen.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.platen.catalog.Catalog;
import io.platen.catalog.Offers;
import io.platen.event.DataAndEvent;
import io.platen.event.EventView;
import io.platen.job.JobRunner;
import io.platen.model.Gigabytes;
import io.platen.model.Issues;
import io.platen.network.PublicIpService;
import io.platen.network.PublicIpType;
import io.platen.paging.Cursors;
import io.platen.paging.Page;
import io.platen.responsecache.Cacheable;
import io.platen.rest.BodySchema;
import io.platen.rest.Callers;
import io.platen.rest.ErrorAnswer;
import io.platen.rest.ListFilter;
import io.platen.rest.ListOrder;
import io.platen.rest.ListOrders;
import io.platen.rest.ListParams;
import io.platen.rest.Name;
import io.platen.rest.QueryParams;
import io.platen.rest.ReadBody;
import io.platen.rest.SettingOf;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Machines over HTTP. */
@Path("/v1/machines")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Machines")
public final class MachineResource {
  private static final List<String> ORDERS = ListOrders.of(MachineResource.class);

  private final MachineService machines;
  private final PowerService power;
  private final MachineViews views;
  private final Offers offers;
  private final Cursors cursors;
  private final JobRunner jobs;
  private final PublicIpService publicIps;

  public MachineResource(
      MachineService machines,
      PowerService power,
      MachineViews views,
      Catalog catalog,
      Cursors cursors,
      JobRunner jobs,
      PublicIpService publicIps) {
    this.machines = machines;
    this.power = power;
    this.views = views;
    offers = new Offers(catalog);
    this.cursors = cursors;
    this.jobs = jobs;
    this.publicIps = publicIps;
  }

  @Schema(name = "UpdateMachine")
  record Update(
      @Name @Nullable String name,
      @Nullable String machineType,
      @Nullable Integer diskSize,
      @Nullable Boolean autoSnapshotEnabled,
      @Schema(enumeration = {"hourly", "daily", "weekly", "monthly"})
          @Nullable String autoSnapshotFrequency,
      @SettingOf("autoSnapshotEnabled") @Schema(minimum = "1", maximum = "1000")
          @Nullable Integer autoSnapshotSaveCount,
      @Nullable Boolean autoShutdownEnabled,
      @SettingOf("autoShutdownEnabled")
          @Schema(minimum = "1", maximum = "8784", description = "Hours.")
          @Nullable Integer autoShutdownTimeout,
      @Nullable Boolean autoShutdownForce,
      @Schema(
              enumeration = {"static", "dynamic", "none"},
              description = "What changes has effect when the machine is started next.")
          @Nullable String publicIpType,
      @Schema(description = "Only the network that it is on.") @Nullable String networkId,
      @Schema(description = "Only the script that it has.") @Nullable String startupScriptId,
      @Schema(description = "Only false: Platen has no restore points.")
          @Nullable Boolean restorePointEnabled,
      @Schema(enumeration = "shutdown") @Nullable String restorePointFrequency,
      @Nullable String restorePointSnapshotId) {}

  /** The answer to an update. */
  @Schema(name = "UpdatedMachine")
  public record Updated(
      MachineView data, @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable EventView event) {}

  @GET
  @Cacheable
  @Operation(summary = "List machines")
  @ListOrder({"dtCreated", "name", "state"})
  @ListFilter(by = "name", to = ListFilter.NAMES)
  @ListFilter(by = "region", to = "machines in this region")
  @ListFilter(by = "agentType", to = "machines with this type of agent")
  @ListFilter(by = "machineType", to = "machines of this type")
  public Page<MachineView> list(@Context UriInfo uri, @Context ContainerRequestContext request) {
    var query = new QueryParams(uri.getQueryParameters(), new Issues());
    var page = ListParams.read(query, cursors, "machines", Callers.of(request).teamId(), ORDERS);
    var region = query.text("region").map(name -> offers.region(name, query.issues()));
    var selection =
        new MachineService.Selection(
            query.text("name"), region, query.text("agentType"), query.text("machineType"));
    query.issues().throwIfAny();
    return machines.list(page, selection).map(views::of);
  }

  @GET
  @Cacheable
  @Path("/{id}")
  @Operation(summary = "Get a machine")
  public MachineView get(@PathParam("id") String id, @Context ContainerRequestContext request) {
    return views.of(machines.get(Callers.of(request).teamId(), id));
  }

  @PUT
  @Path("/{id}")
  @Operation(summary = "Update a machine")
  @ErrorAnswer(
      status = 409,
      when =
          "The machine type is to change and it is not off; or the disk, and it is busy; or it is to have a static address, and none is left.")
  @ErrorAnswer(
      status = 412,
      when = "The machine is to have a static address, and the server has none to give.")
  public Updated update(
      @PathParam("id") String id,
      @BodySchema(Update.class) byte[] json,
      @Context ContainerRequestContext request) {
    String teamId = Callers.of(request).teamId();
    var body = ReadBody.of(json, Update.class);
    body.issues().throwIfAny();
    var machine = machines.get(teamId, id);
    var wanted = body.value();
    if (wanted.machineType() != null) {
      offers.check(wanted.machineType(), machine.region(), body.issues());
    }
    Integer diskSize = wanted.diskSize();
    if (diskSize != null && isSizeOf(machine, diskSize)) {
      diskSize = null;
    }
    if (diskSize != null && !Gigabytes.isSize(diskSize)) {
      body.issues().add("diskSize", "must be one of " + Gigabytes.list());
    }
    refuseChange(
        body.issues(),
        "networkId",
        wanted.networkId(),
        machine.network().networkId(),
        "a machine stays on its network; launch another one there");
    refuseChange(
        body.issues(),
        "startupScriptId",
        wanted.startupScriptId(),
        machine.guest().startupScriptId(),
        "is assigned with POST /startup-scripts/{id}/assign");
    Unsupported.check(body);
    body.issues().throwIfAny();
    var wish =
        wanted.publicIpType() == null
            ? null
            : publicIps.wish(PublicIpType.of(wanted.publicIpType()));
    var updated =
        machines.update(
            teamId,
            id,
            new MachineChanges(
                wanted.name(), wanted.machineType(), diskSize, wish, automation(wanted)));
    jobs.wake();
    var event = updated.event();
    return new Updated(views.of(updated.machine()), event == null ? null : EventView.of(event));
  }

  private static void refuseChange(
      Issues issues, String field, @Nullable String wanted, @Nullable String now, String remedy) {
    if (wanted != null && !wanted.equals(now)) {
      issues.add(field, remedy);
    }
  }

  private static Automation.Change automation(Update wanted) {
    return Automation.Change.of(
        new Automation.Wanted(
            wanted.autoSnapshotEnabled(),
            wanted.autoSnapshotFrequency(),
            wanted.autoSnapshotSaveCount(),
            wanted.autoShutdownEnabled(),
            wanted.autoShutdownTimeout(),
            wanted.autoShutdownForce()));
  }

  private static boolean isSizeOf(Machine machine, long gigabytes) {
    return gigabytes > 0
        && gigabytes <= Gigabytes.SIZES.getLast()
        && Gigabytes.toBytes(gigabytes) == machine.disk().bytes();
  }

  @DELETE
  @Path("/{id}")
  @Operation(
      summary = "Delete a machine",
      description =
          "Its disk is removed. Its snapshots are deleted with it, and can be undeleted for as long as the setting undeleteDays says.")
  @ErrorAnswer(status = 409, when = "A template is captured from it.")
  public DataAndEvent<MachineView> delete(
      @PathParam("id") String id, @Context ContainerRequestContext request) {
    return begun(machines.delete(Callers.of(request).teamId(), id));
  }

  @PATCH
  @Path("/{id}/start")
  @Operation(summary = "Start a machine")
  @ErrorAnswer(status = 409, when = "The machine is not off, or is being captured.")
  @ErrorAnswer(status = 412, when = "The server has no hypervisor.")
  public DataAndEvent<MachineView> start(
      @PathParam("id") String id, @Context ContainerRequestContext request) {
    return begun(power.start(Callers.of(request).teamId(), id));
  }

  @PATCH
  @Path("/{id}/stop")
  @Operation(summary = "Stop a machine")
  @ErrorAnswer(status = 409, when = "The machine is not running, or is being captured.")
  @ErrorAnswer(status = 412, when = "The server has no hypervisor.")
  public DataAndEvent<MachineView> stop(
      @PathParam("id") String id, @Context ContainerRequestContext request) {
    return begun(power.stop(Callers.of(request).teamId(), id));
  }

  @PATCH
  @Path("/{id}/restart")
  @Operation(summary = "Restart a machine")
  @ErrorAnswer(status = 409, when = "The machine is not running, or is being captured.")
  @ErrorAnswer(status = 412, when = "The server has no hypervisor.")
  public DataAndEvent<MachineView> restart(
      @PathParam("id") String id, @Context ContainerRequestContext request) {
    return begun(power.restart(Callers.of(request).teamId(), id));
  }

  private DataAndEvent<MachineView> begun(MachineAndEvent begun) {
    jobs.wake();
    return new DataAndEvent<>(views.of(begun.machine()), EventView.of(begun.event()));
  }
}
