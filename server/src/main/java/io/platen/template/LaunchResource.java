package io.platen.template;

import io.platen.catalog.Catalog;
import io.platen.catalog.Offers;
import io.platen.event.DataAndEvent;
import io.platen.event.EventView;
import io.platen.job.JobRunner;
import io.platen.machine.Automation;
import io.platen.machine.AutomationFields;
import io.platen.machine.MachineNetwork;
import io.platen.machine.MachineView;
import io.platen.machine.MachineViews;
import io.platen.machine.PowerService;
import io.platen.machine.Unsupported;
import io.platen.model.Gigabytes;
import io.platen.network.PublicIpService;
import io.platen.network.PublicIpType;
import io.platen.rest.BodySchema;
import io.platen.rest.Callers;
import io.platen.rest.DiskSize;
import io.platen.rest.ErrorAnswer;
import io.platen.rest.IdempotentRequests;
import io.platen.rest.JsonBody;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.Optional;
import java.util.Set;
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
      @Schema(required = true, minLength = 1, maxLength = 255) String name,
      @Schema(required = true) String machineType,
      @Schema(required = true) String templateId,
      @Schema(required = true) @DiskSize int diskSize,
      @Schema(required = true) String region,
      @Schema(description = "By default whether the server has a hypervisor.")
          @Nullable Boolean startOnCreate,
      @Schema(description = "A private network in the same region.") @Nullable String networkId,
      @Schema(description = "Run by cloud-init when the machine boots.")
          @Nullable String startupScriptId,
      @Schema(defaultValue = "false") @Nullable Boolean takeInitialSnapshot,
      @Schema(defaultValue = "false") @Nullable Boolean autoSnapshotEnabled,
      @Schema(
              enumeration = {"hourly", "daily", "weekly", "monthly"},
              description = "By default daily.")
          @Nullable String autoSnapshotFrequency,
      @Schema(minimum = "1", maximum = "1000", description = "By default 7.")
          @Nullable Integer autoSnapshotSaveCount,
      @Schema(defaultValue = "false") @Nullable Boolean autoShutdownEnabled,
      @Schema(minimum = "1", maximum = "8784", description = "Hours, by default 24.")
          @Nullable Integer autoShutdownTimeout,
      @Schema(defaultValue = "false") @Nullable Boolean autoShutdownForce,
      @Schema(
              enumeration = {"static", "dynamic", "none"},
              description =
                  "Where the server has no public addresses, a dynamic one is none. A static one is claimed, and stays so until it is released.")
          @Nullable String publicIpType) {}

  private static final Set<String> CREATE = JsonBody.fields(Create.class, Unsupported.fields());

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
    var automation = AutomationFields.read(body).on(Automation.NONE);
    boolean takesSnapshot = body.flag("takeInitialSnapshot").orElse(false);
    var publicIpType =
        body.text("publicIpType").map(label -> PublicIpType.read(label, body.issues()));
    Unsupported.check(body);
    body.issues().throwIfAny();
    boolean starts = start.orElseGet(power::hasHypervisor);
    if (starts) {
      power.requireHypervisor();
    }
    var publicIp = publicIps.wish(publicIpType.orElse(PublicIpType.NONE));
    var launch =
        new LaunchService.Launch(
            name,
            typeLabel,
            templateId,
            diskSize.orElseThrow().intValue(),
            region,
            starts,
            MachineNetwork.in(network.orElse(null)),
            script.orElse(null),
            publicIp,
            automation,
            takesSnapshot);
    return handle -> {
      var created = launches.create(handle, teamId, launch);
      return new DataAndEvent<>(views.of(created.machine()), EventView.of(created.event()));
    };
  }
}
