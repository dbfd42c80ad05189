package io.platen.template;

import io.platen.event.EventName;
import io.platen.job.JobService;
import io.platen.machine.Automation;
import io.platen.machine.AutomationRows;
import io.platen.machine.BaseTemplate;
import io.platen.machine.Guest;
import io.platen.machine.Machine;
import io.platen.machine.MachineAndEvent;
import io.platen.machine.MachineDisk;
import io.platen.machine.MachineNetwork;
import io.platen.machine.MachinePlaces;
import io.platen.machine.MachineRepository;
import io.platen.machine.MachineState;
import io.platen.machine.MachinesOnNetworks;
import io.platen.model.Gigabytes;
import io.platen.model.Ids;
import io.platen.model.Refusal;
import io.platen.network.PrivateNetwork;
import io.platen.network.PrivateNetworkRepository;
import io.platen.network.PublicIpService;
import io.platen.startupscript.StartupScript;
import io.platen.startupscript.StartupScriptRepository;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The rules by which machines are launched from templates. */
public final class LaunchService {
  private final TemplateRepository templates;
  private final MachineRepository machines;
  private final PrivateNetworkRepository networks;
  private final MachinesOnNetworks onNetworks = new MachinesOnNetworks();
  private final StartupScriptRepository scripts;
  private final PublicIpService publicIps;
  private final JobService jobs;
  private final MachinePlaces places;
  private final InstantSource clock;

  public LaunchService(
      TemplateRepository templates,
      MachineRepository machines,
      PrivateNetworkRepository networks,
      StartupScriptRepository scripts,
      PublicIpService publicIps,
      JobService jobs,
      MachinePlaces places,
      InstantSource clock) {
    this.templates = templates;
    this.machines = machines;
    this.networks = networks;
    this.scripts = scripts;
    this.publicIps = publicIps;
    this.jobs = jobs;
    this.places = places;
    this.clock = clock;
  }

  /** What a launch is asked for; checked against the catalog already. */
  public record Launch(
      String name,
      String machineType,
      String templateId,
      int diskSizeGb,
      String region,
      boolean start,
      MachineNetwork network,
      @Nullable String startupScriptId,
      PublicIpService.Wish publicIp,
      Automation automation,
      boolean takesSnapshot) {}

  /** Begins the launch of a machine from a template, in the caller's transaction. */
  public MachineAndEvent create(Handle handle, String teamId, Launch launch) {
    publicIps.begin(handle, teamId, launch.publicIp());
    var template =
        templates
            .findToLaunch(handle, launch.templateId())
            .filter(found -> found.teamId() == null || teamId.equals(found.teamId()))
            .orElseThrow(() -> Refusal.notFound("template", launch.templateId()));
    var digest = template.indexDigest();
    if (template.state() == TemplateState.DAMAGED) {
      throw Refusal.conflict(
          "Template %s can't be launched: %s. Capture a machine that holds the same data, and it is whole again."
              .formatted(
                  template.id(),
                  templates
                      .damage(handle, template.id())
                      .map(Damage::what)
                      .orElse("it is damaged")));
    }
    if (template.state() != TemplateState.AVAILABLE || digest == null) {
      throw Refusal.conflict(
          "Template %s is still being captured; wait for its template-create event to end."
              .formatted(template.id()));
    }
    if (Gigabytes.toBytes(launch.diskSizeGb()) < template.diskBytes()) {
      throw Refusal.invalid(
          "diskSize",
          "%d GB is smaller than the template's disk; take at least %d"
              .formatted(
                  launch.diskSizeGb(), Gigabytes.smallestFor(template.diskBytes()).orElseThrow()));
    }
    checkGuest(handle, teamId, launch, template.os().agentType());
    String id = Ids.machine();
    var planned = provisioning(id, teamId, launch, template, digest);
    var choice = places.pick(handle, planned, launch.publicIp().pool() != null, launch.start());
    String missing = choice.missing();
    if (missing != null) {
      return unplaced(handle, planned, choice.node(), missing);
    }
    var publicAddress = publicIps.grant(handle, teamId, id, launch.region(), launch.publicIp());
    var machine = planned.withNetwork(launch.network().with(publicAddress));
    machines.insert(handle, machine, choice.node());
    AutomationRows.launched(
        handle, machine.id(), launch.automation(), launch.takesSnapshot(), machine.dtCreated());
    if (launch.start()) {
      machines.startOnCreate(handle, machine.id());
    }
    var event = jobs.create(handle, teamId, machine.id(), template.id(), EventName.CREATE);
    return new MachineAndEvent(machine, event);
  }

  /** A launch that fails as it begins: the machine is recorded as deleted, and nothing is of it. */
  private MachineAndEvent unplaced(Handle handle, Machine machine, String node, String missing) {
    machines.insert(handle, machine, node);
    var event =
        jobs.createFailed(
            handle,
            machine.teamId(),
            machine.id(),
            Objects.requireNonNull(machine.disk().base()).templateId(),
            EventName.CREATE,
            missing);
    machines.delete(handle, machine.id(), machine.dtCreated());
    return new MachineAndEvent(machine, event);
  }

  private void checkGuest(Handle handle, String teamId, Launch launch, String agentType) {
    String networkId = launch.network().networkId();
    if (networkId != null) {
      // Locked, so that it is not deleted before the machine is on it.
      var network =
          networks
              .lock(handle, teamId, networkId)
              .orElseThrow(() -> Refusal.notFound("private network", networkId));
      if (!network.region().equals(launch.region())) {
        throw Refusal.invalid(
            "networkId",
            "the network is in %s, and the machine would be in %s"
                .formatted(network.region(), launch.region()));
      }
      if (onNetworks.on(handle, networkId).all() >= PrivateNetwork.ROOM) {
        throw Refusal.conflict(
            "The private network %s is full: it has room for %d machines."
                .formatted(networkId, PrivateNetwork.ROOM));
      }
    }
    String scriptId = launch.startupScriptId();
    if (scriptId == null) {
      return;
    }
    if (scripts.find(handle, teamId, scriptId).isEmpty()) {
      throw Refusal.notFound("startup script", scriptId);
    }
    if (!StartupScript.runsOn(agentType)) {
      throw Refusal.invalid("startupScriptId", StartupScript.notOn(agentType));
    }
  }

  private Machine provisioning(
      String id, String teamId, Launch launch, Template template, String digest) {
    return Machine.create(
            id,
            teamId,
            launch.name(),
            MachineState.PROVISIONING,
            launch.region(),
            launch.machineType(),
            template.os(),
            MachineDisk.over(
                new BaseTemplate(template.id(), digest), Gigabytes.toBytes(launch.diskSizeGb())),
            clock.instant().truncatedTo(ChronoUnit.MILLIS))
        .withNetwork(launch.network())
        .withGuest(new Guest(null, launch.startupScriptId()))
        .withAutomation(launch.automation());
  }
}
