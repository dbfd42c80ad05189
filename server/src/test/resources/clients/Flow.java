import com.fasterxml.jackson.databind.DeserializationFeature;
import java.net.http.HttpClient;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.*;
import org.openapitools.client.model.*;

/** Drives a generated client through every flow: the server, a key, a machine to capture, an OS template. */
final class Flow {
  private final ApiClient client;
  private final MachinesApi machines;
  private final MachineEventsApi events;
  private final CustomTemplatesApi templates;

  private Flow(String server, String key) {
    // Strict: a key that the document does not name fails.
    var mapper = ApiClient.createDefaultObjectMapper();
    mapper.configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, true);
    mapper.configure(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES, true);
    client = new ApiClient(HttpClient.newBuilder(), mapper, server);
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + key));
    machines = new MachinesApi(client);
    events = new MachineEventsApi(client);
    templates = new CustomTemplatesApi(client);
  }

  public static void main(String[] args) throws Exception {
    new Flow(args[0], args[1]).run(args[2], args[3]);
    System.out.println("every flow is done");
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  /** A call that the server refuses. */
  private interface Refused {
    void call() throws ApiException;
  }

  private static void refuses(int status, Refused refused) {
    try {
      refused.call();
    } catch (ApiException e) {
      check(e.getCode() == status, "status " + e.getCode() + ": " + e.getResponseBody());
      return;
    }
    throw new AssertionError("status " + status + " was expected");
  }

  private void done(MachineEvent event) throws Exception {
    while (!Set.of("done", "error", "cancelled").contains(event.getState().getValue())) {
      Thread.sleep(50);
      event = events.getMachineEvent(event.getId());
    }
    check(event.getState() == MachineEvent.StateEnum.DONE, "" + event);
  }

  private void run(String machine, String osTemplate) throws Exception {
    account();
    var captured = templates.createTemplate(new CreateCustomTemplate().machineId(machine).name("java"), "k" + machine);
    done(captured.getEvent());
    String template = captured.getData().getId();
    check(templates.getTemplate(template).getAvailableMachineTypes().getFirst().getIsAvailable(), "available");
    check(templates.updateTemplate(template, new UpdateCustomTemplate().name("java 2")).getName().equals("java 2"), "name");
    check(templates.getStorageOfTemplate(template).getVirtualBytes() > 0, "storage");
    var page = templates.listTemplates("name", "JAVA", machine, null, null, 1, "asc");
    check(page.getItems().getFirst().getId().equals(template) && !page.getHasMore(), "list");
    check(new OsTemplatesApi(client).listOSTemplates(null, null, null, 120, null).getItems().stream()
        .anyMatch(one -> one.getId().equals(osTemplate)), "OS templates");
    for (var from : List.of(template, osTemplate)) {
      machine(from);
    }
    networks(machine);
    check(!events.listMachineEvents(null, machine, null, 1, null).getItems().isEmpty(), "events");
    events.getProgressOfMachineEvent(captured.getEvent().getId());
    refuses(409, () -> events.cancelMachineEvent(captured.getEvent().getId(), null));
    check(templates.deleteTemplate(template, null).getDtDeleted() != null, "deleted");
    check(
        templates.listTemplates("name", null, machine, true, null, 1, "asc").getItems().getFirst().getId().equals(template),
        "listed among the deleted");
    refuses(404, () -> templates.getTemplate(template));
  }

  private void account() throws Exception {
    check(new ServerApi(client).checkServerAnswers().contains("HEALTHY"), "health");
    var account = new AccountApi(client);
    var session = account.getSession();
    check(session.getTeam().getMaxMachines() > 0, "session");
    check(session.getUser().getTeamMemberships().getFirst().getIsAdmin(), "admin");
    check(account.getAccountsStanding().getIsInGoodStanding(), "standing");
    check(machines.getAvailabilityOfMachineTypeInRegion("C5", "ny2").getAvailable(), "C5");
  }

  private void machine(String template) throws Exception {
    var wanted = new CreateMachine().name("java").machineType("C5").templateId(template)
        .diskSize(CreateMachine.DiskSizeEnum.NUMBER_50).region("ny2").startOnCreate(false)
        .publicIpType(CreateMachine.PublicIpTypeEnum.DYNAMIC).emailPassword(true)
        .autoSnapshotEnabled(false).autoShutdownEnabled(false).takeInitialSnapshot(false)
        .restorePointEnabled(false).enableNvlink(false).accessorIds(List.of());
    var created = machines.createMachine(wanted, null);
    done(created.getEvent());
    String id = created.getData().getId();
    var machine = machines.getMachine(id);
    check(machine.getState() == Machine.StateEnum.OFF, "state");
    check(machine.getStorageUsed() > 0 && machine.getAccelerators().isEmpty(), "storage");
    check(machine.getPublicIpType() == Machine.PublicIpTypeEnum.NONE, "address");
    var updated = machines.updateMachine(id, new UpdateMachine().name("renamed").machineType("C6").diskSize(100));
    check(updated.getData().getName().equals("renamed"), "renamed");
    done(updated.getEvent());
    check(machines.listMachines("state", "renamed", "ny2", null, "C6", null, 5, "desc").getItems().stream()
        .anyMatch(one -> one.getId().equals(id)), "list");
    for (Refused power : List.<Refused>of(
        () -> machines.startMachine(id), () -> machines.stopMachine(id), () -> machines.restartMachine(id))) {
      refuses(412, power);
    }
    snapshots(id);
    scripts(id);
    done(machines.deleteMachine(id).getEvent());
    refuses(404, () -> machines.getMachine(id));
  }

  private void snapshots(String machine) throws Exception {
    var snapshots = new SnapshotsApi(client);
    var created = snapshots.createSnapshot(new CreateSnapshot().name("java").machineId(machine), null);
    done(created.getEvent());
    String id = created.getData().getId();
    check(!snapshots.getSnapshot(id).getIsAutoSnapshot(), "automatic");
    check(snapshots.updateSnapshot(id, new UpdateSnapshot().name("renamed")).getName().equals("renamed"), "snapshot");
    check(snapshots.listSnapshots("name", machine, null, null, null, null).getItems().size() == 1, "snapshots");
    done(snapshots.restoreSnapshot(id, new RestoreSnapshot().createSnapshotBeforeRestore(false), null).getEvent());
    done(snapshots.deleteSnapshot(id, null).getEvent());
  }

  private void scripts(String machine) throws Exception {
    var scripts = new StartupScriptsApi(client);
    var script = scripts.createStartupScript(
        new CreateStartupScript().name("java").script("#!/bin/sh\ntrue\n").isRunOnce(true), null);
    String id = script.getId();
    var assign = new AssignStartupScript().machineId(machine);
    check(scripts.assignStartupScript(id, assign, null).getAssignedMachineIds().equals(List.of(machine)), "assigned");
    check(scripts.unassignStartupScript(id, assign, null).getAssignedMachineIds().isEmpty(), "unassigned");
    check(!scripts.updateStartupScript(id, new UpdateStartupScript().isEnabled(false)).getIsEnabled(), "enabled");
    check(scripts.getTextOfStartupScript(id).getScript().contains("true"), "text");
    check(scripts.listStartupScripts("name", "java", null, null, null).getItems().size() == 1, "scripts");
    check(scripts.getStartupScript(id).getIsRunOnce(), "once");
    check(scripts.deleteStartupScript(id).getDtDeleted() != null, "deleted");
  }

  private void networks(String machine) throws Exception {
    var networks = new PrivateNetworksApi(client);
    check(networks.listPrivateNetworks(null, null, "ny2", null, null, null).getItems().isEmpty(), "networks");
    // There is no hypervisor, which networks and addresses take.
    refuses(412, () -> networks.createPrivateNetwork(new CreatePrivateNetwork().name("n").region("ny2"), null));
    refuses(404, () -> networks.getPrivateNetwork("nunknown"));
    refuses(404, () -> networks.updatePrivateNetwork("nunknown", new UpdatePrivateNetwork().name("n")));
    refuses(404, () -> networks.deletePrivateNetwork("nunknown"));
    var addresses = new PublicIpsApi(client);
    check(addresses.listPublicIPs(null, null, null, null, null).getItems().isEmpty(), "addresses");
    refuses(412, () -> addresses.claimPublicIP(new ClaimPublicIp().region("ny2"), null));
    refuses(404, () -> addresses.releasePublicIP("192.0.2.1"));
  }
}
