package io.platen.template;

import io.platen.catalog.Catalog;
import io.platen.catalog.Offers;
import io.platen.event.DataAndEvent;
import io.platen.event.EventView;
import io.platen.job.JobRunner;
import io.platen.machine.Automation;
import io.platen.machine.MachineNetwork;
import io.platen.machine.MachineView;
import io.platen.machine.MachineViews;
import io.platen.machine.PowerService;
import io.platen.machine.Unsupported;
import io.platen.network.PublicIpService;
import io.platen.network.PublicIpType;
import io.platen.rest.BodySchema;
import io.platen.rest.Callers;
import io.platen.rest.DiskSize;
import io.platen.rest.ErrorAnswer;
import io.platen.rest.IdempotentRequests;
import io.platen.rest.Name;
import io.platen.rest.ReadBody;
import io.platen.rest.SettingOf;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Launches of machines from templates over HTTP. */
@Path("/v1/machines")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Machines")
public final class LaunchResource {
  private final LaunchService launches;
  private final PowerService power;
  private final MachineViews views;
  private final Offers offers;
  private final IdempotentRequests once;
  private final JobRunner jobs;
  private final PublicIpService publicIps;

  public LaunchResource(
      LaunchService launches,
      PowerService power,
      MachineViews views,
      Catalog catalog,
      IdempotentRequests once,
      JobRunner jobs,
      PublicIpService publicIps) {
    this.launches = launches;
    this.power = power;
    this.views = views;
    offers = new Offers(catalog);
    this.once = once;
    this.jobs = jobs;
    this.publicIps = publicIps;
  }

  @Schema(name = "CreateMachine")
  record Create(
      @Schema(required = true) @Name String name,
      @Schema(required = true) String machineType,
      @Schema(required = true) String templateId,
      @Schema(required = true) @DiskSize int diskSize,
      @Schema(required = true) String region,
      @Schema(description = "By default whether the server has a hypervisor.")
          @Nullable Boolean startOnCreate,
      @Schema(description = "A private network in the same region.") @Nullable String networkId,
      @Schema(description = "Run by cloud-init when the machine boots.")
          @Nullable String startupScriptId,
      @Schema(defaultValue = "false") boolean takeInitialSnapshot,
      @Schema(defaultValue = "false") @Nullable Boolean autoSnapshotEnabled,
      @Schema(
              enumeration = {"hourly", "daily", "weekly", "monthly"},
              description = "By default daily.")
          @Nullable String autoSnapshotFrequency,
      @SettingOf("autoSnapshotEnabled")
          @Schema(minimum = "1", maximum = "1000", description = "By default 7.")
          @Nullable Integer autoSnapshotSaveCount,
      @Schema(defaultValue = "false") @Nullable Boolean autoShutdownEnabled,
      @SettingOf("autoShutdownEnabled")
          @Schema(minimum = "1", maximum = "8784", description = "Hours, by default 24.")
          @Nullable Integer autoShutdownTimeout,
      @Schema(defaultValue = "false") @Nullable Boolean autoShutdownForce,
      @Schema(
              enumeration = {"static", "dynamic", "none"},
              description =
                  "Where the server has no public addresses, a dynamic one is none. A static one is claimed, and stays so until it is released.")
          @Nullable String publicIpType,
      @Schema(description = "Only false: Platen has no restore points.")
          @Nullable Boolean restorePointEnabled,
      @Schema(enumeration = "shutdown") @Nullable String restorePointFrequency,
      @Schema(
              defaultValue = "true",
              description = "Accepted, and without effect: no password is made, so none is sent.")
          boolean emailPassword,
      @Schema(description = "Only false: Platen offers no NVLink.") @Nullable Boolean enableNvlink,
      @Schema(description = "Only an empty list: every API key of the team has access.")
          List<String> accessorIds,
      @Schema(description = "None: Platen has no reservations.") @Nullable String reservationId) {}

  @POST
  @Operation(summary = "Create a machine")
  @ErrorAnswer(status = 404, when = "There is no such template, private network or startup script.")
  @ErrorAnswer(
      status = 409,
      when =
          "The template is being captured, or is damaged; the private network is full; no static address is left; or the Idempotency-Key was used for another request.")
  @ErrorAnswer(
      status = 412,
      when = "The server has no hypervisor; or no static addresses, and one is asked for.")
  public DataAndEvent<MachineView> create(
      @BodySchema(Create.class) byte[] json, @Context ContainerRequestContext request) {
    String teamId = Callers.of(request).teamId();
    var answer = once.run(request, json, () -> creation(teamId, ReadBody.of(json, Create.class)));
    jobs.wake();
    return answer;
  }

  private IdempotentRequests.Effect<DataAndEvent<MachineView>> creation(
      String teamId, ReadBody<Create> body) {
    var wanted = body.value();
    String region = offers.regionUnlessEmpty(wanted.region(), body.issues());
    if (!wanted.machineType().isEmpty()) {
      offers.check(wanted.machineType(), region, body.issues());
    }
    var automation =
        Automation.Change.of(
                new Automation.Wanted(
                    wanted.autoSnapshotEnabled(),
                    wanted.autoSnapshotFrequency(),
                    wanted.autoSnapshotSaveCount(),
                    wanted.autoShutdownEnabled(),
                    wanted.autoShutdownTimeout(),
                    wanted.autoShutdownForce()))
            .on(Automation.NONE);
    Unsupported.check(body);
    body.issues().throwIfAny();
    boolean starts =
        wanted.startOnCreate() == null ? power.hasHypervisor(region) : wanted.startOnCreate();
    if (starts) {
      power.requireHypervisorIn(region);
    }
    var publicIp = publicIps.wish(PublicIpType.of(wanted.publicIpType()));
    var launch =
        new LaunchService.Launch(
            wanted.name(),
            wanted.machineType(),
            wanted.templateId(),
            wanted.diskSize(),
            region,
            starts,
            MachineNetwork.in(wanted.networkId()),
            wanted.startupScriptId(),
            publicIp,
            automation,
            wanted.takeInitialSnapshot());
    return handle -> {
      var created = launches.create(handle, teamId, launch);
      return new DataAndEvent<>(views.of(created.machine()), EventView.of(created.event()));
    };
  }
}
