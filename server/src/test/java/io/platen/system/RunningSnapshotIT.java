package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.Client;
import io.platen.support.MachineHost;
import io.platen.support.PrivateLibvirt;
import io.platen.support.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Snapshots of machines that run, and restores of them. */
class RunningSnapshotIT {
  private static MachineHost host;
  private static PrivateLibvirt libvirt;

  @BeforeAll
  static void start() throws Exception {
    host = MachineHost.get();
    libvirt = host.libvirt();
  }

  private static Client client() {
    return host.client();
  }

  private static String snapshot(String machine, String name) {
    return client()
        .awaitDone(client().post("/snapshots", Map.of("machineId", machine, "name", name)).ok())
        .path("id")
        .asText();
  }

  private static JsonNode restore(String snapshot) {
    return client().post("/snapshots/" + snapshot + "/restore", Map.of()).ok();
  }

  private static Path file(String machine, String name) {
    return host.directory(machine).resolve(name);
  }

  /** What the disk of a machine that is off holds at one place, a byte for each. */
  private static void assertHolds(String machine, int pattern, String range) throws Exception {
    var read =
        Program.run(
            List.of(
                "qemu-io",
                "-r",
                "-f",
                "qcow2",
                "-c",
                "read -P %d %s".formatted(pattern, range),
                file(machine, "disk.qcow2").toString()));
    assertThat(read.out()).contains("ops").doesNotContain("verification failed");
  }

  private static void stop(String machine) {
    assertThat(host.event(machine, "stop").path("state").asText()).isEqualTo("done");
  }

  @Test
  void theFormerDiskOfAMachineThatIsOffIsKeptUntilTheRestoredOneRuns() throws Exception {
    String machine = host.created("kept");
    host.awaitConsole(machine, "TICK 10");
    String snapshot = snapshot(machine, "running");
    // As libvirt-guests does when the host shuts down: the guest would go on with its memory.
    libvirt.virsh("managedsave", MachineHost.domain(machine));
    host.awaitState(machine, "off", Duration.ofSeconds(30));
    var refused = client().awaitEnd(restore(snapshot).path("event").path("id").asText());
    assertThat(refused.path("error").asText()).contains("virsh managedsave-remove");
    assertThat(file(machine, "disk.former.qcow2")).doesNotExist();
    assertThat(file(machine, "disk.restored.qcow2")).doesNotExist();
    libvirt.virsh("managedsave-remove", MachineHost.domain(machine));
    client().awaitDone(restore(snapshot));
    assertThat(host.state(machine)).isEqualTo("off");
    assertThat(file(machine, "disk.former.qcow2")).exists();
    assertThat(host.event(machine, "start").path("state").asText()).isEqualTo("done");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> !Files.exists(file(machine, "disk.former.qcow2")));
    host.delete(machine);
  }

  @Test
  void aMachineThatDoesNotStartOnItsRestoredDiskHasTheFormerOneAgain() throws Exception {
    String machine = host.created("returned");
    host.awaitConsole(machine, "TICK 10");
    String snapshot = snapshot(machine, "running");
    libvirt.guestWrites(MachineHost.domain(machine), 9, "60M 1M");
    host.virsh().fail("start");
    var ended = client().awaitEnd(restore(snapshot).path("event").path("id").asText());
    assertThat(ended.path("state").asText()).isEqualTo("error");
    assertThat(ended.path("error").asText())
        .contains("has its former disk again")
        .contains("failed on purpose");
    host.awaitState(machine, "off", Duration.ofSeconds(30));
    assertThat(file(machine, "disk.former.qcow2")).doesNotExist();
    assertHolds(machine, 9, "60M 1M");
    assertThat(host.event(machine, "start").path("state").asText()).isEqualTo("done");
    host.delete(machine);
  }

  @Test
  void aRestoreWhoseServerIsKilledGoesOnWhereItWas() throws Exception {
    String machine = host.created("killed");
    host.awaitConsole(machine, "TICK 10");
    String snapshot = snapshot(machine, "running");
    libvirt.guestWrites(MachineHost.domain(machine), 9, "60M 1M");
    for (var command : List.of("shutdown", "start")) {
      host.virsh().hold(command);
      var begun = restore(snapshot);
      host.virsh().awaitHeld();
      host.server().kill9();
      host.virsh().release();
      host.server().startAgain();
      client().awaitDone(begun);
      assertThat(libvirt.state(MachineHost.domain(machine))).isEqualTo("running");
      assertThat(file(machine, "disk.former.qcow2")).doesNotExist();
      assertThat(file(machine, "disk.restored.qcow2")).doesNotExist();
    }
    stop(machine);
    assertHolds(machine, 0, "60M 1M");
    host.delete(machine);
  }

  @Test
  void aSnapshotByOthersIsReadAsAWhole() throws Exception {
    String machine = host.created("others");
    String domain = MachineHost.domain(machine);
    libvirt.guestWrites(domain, 1, "60M 2M");
    snapshot(machine, "before");
    Path overlay = host.directoryOfDisks("others").resolve("other.qcow2");
    String spec = "vda,file=" + overlay;
    libvirt.virsh(
        "snapshot-create-as", domain, "s", "--disk-only", "--diskspec", spec, "--no-metadata");
    libvirt.guestWrites(domain, 6, "61M 1M");
    String id = snapshot(machine, "moved");
    String twin =
        client()
            .awaitDone(host.create("twin", Map.of("templateId", id, "startOnCreate", false)))
            .path("id")
            .asText();
    assertHolds(twin, 1, "60M 1M");
    assertHolds(twin, 6, "61M 1M");
    host.delete(twin);
    libvirt.tried("destroy", domain);
    libvirt.tried("undefine", domain, "--snapshots-metadata", "--checkpoints-metadata");
    host.delete(machine);
  }
}
