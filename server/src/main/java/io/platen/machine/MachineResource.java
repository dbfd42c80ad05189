package io.platen.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.platen.catalog.Catalog;
import io.platen.catalog.Offers;
import io.platen.event.DataAndEvent;
import io.platen.event.EventView;
import io.platen.job.JobRunner;
import io.platen.model.Gigabytes;
import io.platen.model.Issues;
import io.platen.paging.Cursors;
import io.platen.paging.Page;
import io.platen.responsecache.Cacheable;
import io.platen.rest.BodySchema;
import io.platen.rest.Caller;
import io.platen.rest.ErrorAnswer;
import io.platen.rest.IdempotentRequests;
import io.platen.rest.JsonBody;
import io.platen.rest.ListFilter;
import io.platen.rest.ListOrder;
import io.platen.rest.ListParams;
import io.platen.rest.QueryParams;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Machines over HTTP. */
@Path("/v1/machines")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Machines")
public final class MachineResource {
  private final MachineService machines;
  private final Catalog catalog;
  private final Offers offers;
  private final Cursors cursors;
  private final IdempotentRequests once;
  private final JobRunner jobs;

  public MachineResource(
      MachineService machines,
      Catalog catalog,
      Cursors cursors,
      IdempotentRequests once,
      JobRunner jobs) {
    this.machines = machines;
    this.catalog = catalog;
    offers = new Offers(catalog);
    this.cursors = cursors;
    this.once = once;
    this.jobs = jobs;
  }

  @Schema(name = "CreateMachine")
  record Create(
      @Schema(required = true, minLength = 1, maxLength = 255) String name,
      @Schema(required = true) String machineType,
      @Schema(required = true) String templateId,
      @Schema(
              required = true,
              enumeration = {
                "50", "100", "250", "500", "1000", "2000", "4000", "8000", "12000", "16000"
              })
          int diskSize,
      @Schema(required = true) String region,
      @Schema(description = "By default whether the server has a hypervisor.")
          @Nullable Boolean startOnCreate,
      @Schema(description = "A private network in the same region.") @Nullable String networkId,
      @Schema(description = "Run by cloud-init when the machine boots.")
          @Nullable String startupScriptId) {}

  @Schema(name = "UpdateMachine")
  record Update(
      @Schema(minLength = 1, maxLength = 255) @Nullable String name,
      @Nullable String machineType,
      @Nullable Integer diskSize) {}

  private static final Set<String> CREATE = JsonBody.fields(Create.class, Unsupported.fields());
  private static final Set<String> UPDATE =
      JsonBody.fields(Update.class, Unsupported.fields("networkId", "startupScriptId"));

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
    var page =
        ListParams.read(
            query,
            cursors,
            "machines",
            Caller.of(request).teamId(),
            List.of("dtCreated", "name", "state"));
    var region = query.text("region").map(name -> offers.region(name, query.issues()));
    var selection =
        new MachineService.Selection(
            query.text("name"), region, query.text("agentType"), query.text("machineType"));
    query.issues().throwIfAny();
    return machines.list(page, selection).map(this::view);
  }

  @POST
  @Operation(summary = "Create a machine")
  @ErrorAnswer(status = 404, when = "There is no such template, private network or startup script.")
  @ErrorAnswer(
      status = 409,
      when =
          "The template is being captured, or is damaged; the private network is full; or the Idempotency-Key was used for another request.")
  @ErrorAnswer(status = 412, when = "The server has no hypervisor.")
  public DataAndEvent<MachineView> create(
      @BodySchema(Create.class) byte[] json, @Context ContainerRequestContext request) {
    String teamId = Caller.of(request).teamId();
    var answer = once.run(request, json, () -> creation(teamId, JsonBody.parse(json, CREATE)));
    jobs.wake();
    return answer;
  }

  private IdempotentRequests.Effect<DataAndEvent<MachineView>> creation(
      String teamId, JsonBody body) {
    String name = body.requiredName("name");
    String typeLabel = body.requiredText("machineType");
    String templateId = body.requiredText("templateId");
    Optional<Long> diskSize = body.requiredInteger("diskSize");
    String regionName = body.requiredText("region");
    Optional<Boolean> start = body.flag("startOnCreate");
    String region = regionName.isEmpty() ? "" : offers.region(regionName, body.issues());
    if (!typeLabel.isEmpty()) {
      offers.check(typeLabel, region, body.issues());
    }
    if (diskSize.isPresent() && !Gigabytes.isSize(diskSize.get())) {
      body.issues().add("diskSize", "must be one of " + Gigabytes.SIZES);
    }
    var network = body.text("networkId").filter(id -> !id.isEmpty());
    var script = body.text("startupScriptId").filter(id -> !id.isEmpty());
    Unsupported.check(body);
    body.issues().throwIfAny();
    boolean starts = start.orElseGet(machines::hasHypervisor);
    if (starts) {
      machines.requireHypervisor();
    }
    var launch =
        new MachineService.Launch(
            name,
            typeLabel,
            templateId,
            diskSize.orElseThrow().intValue(),
            region,
            starts,
            new Guest(null, network.orElse(null), script.orElse(null), null));
    return handle -> {
      var created = machines.create(handle, teamId, launch);
      return new DataAndEvent<>(view(created.machine()), EventView.of(created.event()));
    };
  }

  @GET
  @Cacheable
  @Path("/{id}")
  @Operation(summary = "Get a machine")
  public MachineView get(@PathParam("id") String id, @Context ContainerRequestContext request) {
    return view(machines.get(Caller.of(request).teamId(), id));
  }

  @PUT
  @Path("/{id}")
  @Operation(summary = "Update a machine")
  @ErrorAnswer(
      status = 409,
      when = "The machine type is to change and it is not off; or the disk, and it is busy.")
  public Updated update(
      @PathParam("id") String id,
      @BodySchema(Update.class) byte[] json,
      @Context ContainerRequestContext request) {
    String teamId = Caller.of(request).teamId();
    var body = JsonBody.parse(json, UPDATE);
    var name = body.name("name");
    var type = body.text("machineType");
    var diskSize = body.integer("diskSize");
    body.issues().throwIfAny();
    var machine = machines.get(teamId, id);
    type.ifPresent(label -> offers.check(label, machine.region(), body.issues()));
    diskSize
        .filter(size -> !Gigabytes.isSize(size) && !isSizeOf(machine, size))
        .ifPresent(size -> body.issues().add("diskSize", "must be one of " + Gigabytes.SIZES));
    refuseChange(
        body,
        "networkId",
        machine.guest().networkId(),
        "a machine stays on its network; launch another one there");
    refuseChange(
        body,
        "startupScriptId",
        machine.guest().startupScriptId(),
        "is assigned with POST /startup-scripts/{id}/assign");
    Unsupported.check(body);
    body.issues().throwIfAny();
    var updated =
        machines.update(
            teamId,
            id,
            name.orElse(null),
            type.orElse(null),
            diskSize.map(Long::intValue).filter(size -> !isSizeOf(machine, size)).orElse(null));
    jobs.wake();
    var event = updated.event();
    return new Updated(view(updated.machine()), event == null ? null : EventView.of(event));
  }

  private static void refuseChange(
      JsonBody body, String field, @Nullable String now, String remedy) {
    body.text(field)
        .filter(value -> !value.isEmpty() && !value.equals(now))
        .ifPresent(value -> body.issues().add(field, remedy));
  }

  private static boolean isSizeOf(Machine machine, long gigabytes) {
    return gigabytes > 0
        && gigabytes <= Gigabytes.SIZES.getLast()
        && Gigabytes.toBytes(gigabytes) == machine.diskBytes();
  }

  @DELETE
  @Path("/{id}")
  @Operation(summary = "Delete a machine")
  @ErrorAnswer(status = 409, when = "A template is captured from it.")
  public DataAndEvent<MachineView> delete(
      @PathParam("id") String id, @Context ContainerRequestContext request) {
    return begun(machines.delete(Caller.of(request).teamId(), id));
  }

  @PATCH
  @Path("/{id}/start")
  @Operation(summary = "Start a machine")
  @ErrorAnswer(status = 409, when = "The machine is not off, or is being captured.")
  @ErrorAnswer(status = 412, when = "The server has no hypervisor.")
  public DataAndEvent<MachineView> start(
      @PathParam("id") String id, @Context ContainerRequestContext request) {
    return begun(machines.start(Caller.of(request).teamId(), id));
  }

  @PATCH
  @Path("/{id}/stop")
  @Operation(summary = "Stop a machine")
  @ErrorAnswer(status = 409, when = "The machine is not running, or is being captured.")
  @ErrorAnswer(status = 412, when = "The server has no hypervisor.")
  public DataAndEvent<MachineView> stop(
      @PathParam("id") String id, @Context ContainerRequestContext request) {
    return begun(machines.stop(Caller.of(request).teamId(), id));
  }

  @PATCH
  @Path("/{id}/restart")
  @Operation(summary = "Restart a machine")
  @ErrorAnswer(status = 409, when = "The machine is not running, or is being captured.")
  @ErrorAnswer(status = 412, when = "The server has no hypervisor.")
  public DataAndEvent<MachineView> restart(
      @PathParam("id") String id, @Context ContainerRequestContext request) {
    return begun(machines.restart(Caller.of(request).teamId(), id));
  }

  private DataAndEvent<MachineView> begun(MachineService.MachineAndEvent begun) {
    jobs.wake();
    return new DataAndEvent<>(view(begun.machine()), EventView.of(begun.event()));
  }

  private MachineView view(Machine machine) {
    return MachineView.of(machine, catalog);
  }
}
