package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.MachineHost;
import io.platen.support.PrivateLibvirt;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Jobs of machines whose server was killed go on from what they have done, and from nothing else.
 */
class ResumedMachineJobIT {
  private static MachineHost host;
  private static PrivateLibvirt libvirt;

  @BeforeAll
  static void start() throws Exception {
    host = MachineHost.get();
    libvirt = host.libvirt();
  }

  private static JsonNode begun(String machine, String verb) {
    return host.client().patch("/machines/" + machine + "/" + verb).ok().path("event");
  }

  /** Kills the server, which hangs at a command of virsh's. */
  private static void killHeld() throws Exception {
    host.virsh().awaitHeld();
    host.server().kill9();
    host.virsh().release();
  }

  private static JsonNode ended(JsonNode event) throws Exception {
    host.server().startAgain();
    return host.client().awaitEnd(event.path("id").asText());
  }

  private static void assertState(JsonNode event, String state) {
    assertThat(event.path("state").asText()).as("%s", event).isEqualTo(state);
  }

  private static long boots(String machine) throws Exception {
    return host.console(machine).lines().filter(line -> line.startsWith("BOOT_OK")).count();
  }

  @Test
  void aStopThatWasCutOffStopsTheGuestWhateverPeopleWereShown() throws Exception {
    String machine = host.created("cut off");
    host.awaitConsole(machine, "TICK 10");
    host.virsh().hold("dumpxml");
    var stop = begun(machine, "stop");
    killHeld();
    assertThat(
            host.change(
                "UPDATE event SET phase = 'starting' WHERE id = ?", stop.path("id").asText()))
        .isEqualTo(1);
    assertState(ended(stop), "done");
    assertThat(libvirt.state(MachineHost.domain(machine))).isEqualTo("shut off");
    assertThat(host.state(machine)).isEqualTo("off");
    host.delete(machine);
  }

  @Test
  void aRestartThatWasCutOffAfterTheStopStartsTheMachineOnce() throws Exception {
    String machine = host.created("half way");
    host.awaitConsole(machine, "TICK 10");
    host.virsh().hold("start");
    var restart = begun(machine, "restart");
    host.virsh().awaitHeld();
    host.server().kill9();
    host.virsh().release();
    // Somebody was faster: stopped again, it would lose what it has done since.
    libvirt.virsh("start", MachineHost.domain(machine));
    host.awaitConsole(machine, "BOOT_OK 1");
    assertState(ended(restart), "done");
    assertThat(libvirt.state(MachineHost.domain(machine))).isEqualTo("running");
    assertThat(boots(machine)).isEqualTo(2);
    host.delete(machine);
  }

  private static JsonNode launchHeldAt(String command, String name) throws Exception {
    host.virsh().hold(command);
    var launch = host.create(name, Map.of());
    killHeld();
    return launch;
  }

  @Test
  void aLaunchThatIsTakenUpAgainLeavesAGuestThatRunsAlone() throws Exception {
    var launch = launchHeldAt("start", "in use");
    String machine = launch.path("data").path("id").asText();
    libvirt.virsh("start", MachineHost.domain(machine));
    host.awaitConsole(machine, "TICK 10");
    Path disk = host.directory(machine).resolve("disk.qcow2");
    var key = Files.readAttributes(disk, "unix:ino").get("ino");
    // As an older database has it, from the middle of the launch.
    host.change(
        "UPDATE event SET step = NULL WHERE id = ?", launch.path("event").path("id").asText());
    assertState(ended(launch.path("event")), "done");
    assertThat(host.state(machine)).isEqualTo("ready");
    assertThat(Files.readAttributes(disk, "unix:ino").get("ino")).isEqualTo(key);
    host.awaitConsole(machine, "TICK 50");
    assertThat(boots(machine)).isEqualTo(1);
    host.delete(machine);
  }

  @Test
  void aLaunchThatWasCutOffBeforeTheStartIsFinished() throws Exception {
    var launch = launchHeldAt("define", "not yet");
    String machine = launch.path("data").path("id").asText();
    assertState(ended(launch.path("event")), "done");
    assertThat(host.state(machine)).isEqualTo("ready");
    host.awaitConsole(machine, "BOOT_OK 0 not-yet");
    host.delete(machine);
  }

  @Test
  void aDiskThatAGuestMayHaveHadStaysWhenTheLaunchFailsAfterAll() throws Exception {
    var launch = launchHeldAt("start", "kept");
    String machine = launch.path("data").path("id").asText();
    String domain = MachineHost.domain(machine);
    Path disk = host.directory(machine).resolve("disk.qcow2");
    // What can't be started: its disk's base image is somewhere else for a moment.
    Path base = RunningMachineIT.base(disk);
    Path elsewhere = base.resolveSibling("elsewhere");
    Files.move(base, elsewhere);
    try {
      assertState(ended(launch.path("event")), "error");
      await("the machine to be off")
          .atMost(Duration.ofSeconds(30))
          .until(() -> host.state(machine).equals("off"));
    } finally {
      Files.move(elsewhere, base);
    }
    assertThat(disk).exists();
    assertState(host.event(machine, "start"), "done");
    assertThat(libvirt.state(domain)).isEqualTo("running");
    host.delete(machine);
  }

  @Test
  void aMachineThatAnOlderDatabaseTakesForALaunchStaysWhenLibvirtFails() throws Exception {
    var launch = host.create("long launched", Map.of());
    String machine = host.client().awaitDone(launch).path("id").asText();
    String event = launch.path("event").path("id").asText();
    host.server().terminate();
    host.change(
        "UPDATE event SET state = 'in progress', step = NULL, dt_finished = NULL WHERE id = ?",
        event);
    host.change("UPDATE machine SET state = 'provisioning' WHERE id = ?", machine);
    host.change(
        "INSERT INTO machine_job (task_name, task_instance, execution_time, picked, version)"
            + " VALUES ('event', ?, 0, FALSE, 1)",
        event);
    host.virsh().fail("dumpxml");
    assertState(ended(launch.path("event")), "error");
    host.awaitState(machine, "ready", Duration.ofSeconds(30));
    assertThat(libvirt.state(MachineHost.domain(machine))).isEqualTo("running");
    assertThat(host.directory(machine).resolve("disk.qcow2")).exists();
    host.delete(machine);
  }

  @Test
  void aLaunchThatFailsLeavesNothing() throws Exception {
    host.virsh().fail("start");
    var launch = host.create("unstartable", Map.of());
    var event = host.client().awaitEnd(launch.path("event").path("id").asText());
    assertState(event, "error");
    assertThat(event.path("error").asText()).contains("on purpose");
    host.awaitGone(launch.path("data").path("id").asText());
  }
}
