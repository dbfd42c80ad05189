package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.App;
import io.platen.support.CaptureCost;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.MachineHost;
import io.platen.support.PrivateLibvirt;
import io.platen.support.Program;
import io.platen.support.TinyLinux;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The disks of machines that run are captured as they are at one moment, and the guests go on. */
class RunningMachineCaptureIT {
  private static MachineHost host;
  private static PrivateLibvirt libvirt;
  private static Client client;

  @BeforeAll
  static void start() throws Exception {
    host = MachineHost.get();
    libvirt = host.libvirt();
    client = host.client();
  }

  /** The file system in a template, from the disk of a machine that is launched from it. */
  private static Path held(String templateId) throws Exception {
    var off = host.create("held", Map.of("templateId", templateId, "startOnCreate", false));
    String machine = client.awaitDone(off).path("id").asText();
    assertThat(host.state(machine)).isEqualTo("off");
    Path disk = host.server().data().resolve("machines").resolve(machine).resolve("disk.qcow2");
    Path target = TinyLinux.fileSystem(disk, "qcow2", host.root().resolve(templateId + ".ext4"));
    host.delete(machine);
    return target;
  }

  /** The numbers and times of the ticks in a file system. */
  private static List<String> ticks(Path fileSystem) throws Exception {
    return TinyLinux.file(fileSystem, "/ticks").lines().toList();
  }

  private static void assertUnbroken(List<String> ticks) {
    double before = 0;
    for (int i = 0; i < ticks.size(); i++) {
      String tick = ticks.get(i);
      int space = tick.indexOf(' ');
      assertThat(Integer.parseInt(tick.substring(0, space))).isEqualTo(i + 1);
      double time = Double.parseDouble(tick.substring(space));
      // A boot begins its own time.
      assertThat(before == 0 || time < before ? 0 : time - before)
          .as("the pause before tick %s", tick)
          .isLessThan(2);
      before = time;
    }
  }

  /** How many ticks a console has told of. */
  private static int ticksShown(String console) {
    return 10 * (int) console.lines().filter(line -> line.startsWith("TICK")).count();
  }

  private static void awaitTicks(String machine, int count) {
    host.awaitConsole(machine, "TICK " + count);
  }

  @Test
  void aRunningMachineIsCapturedAndItsCopyRuns() throws Exception {
    String machine = host.created("live");
    awaitTicks(machine, 10);
    var capture = CaptureCost.of(client, machine, "live");
    String captured = capture.template();
    int shown = ticksShown(host.console(machine));
    assertThat(host.consistency(capture.answer())).isEqualTo("crash");
    // Its kernel alone has more bytes than it changed.
    assertThat(capture.cost().inherited()).isGreaterThan(8 << 20);
    assertThat(capture.cost().read()).isLessThan(capture.cost().inherited());
    awaitTicks(machine, shown + 20);
    assertThat(host.server().data().resolve("backup")).isEmptyDirectory();

    Path copy = held(captured);
    // As after a loss of power: the journal is replayed, and nothing else is to mend.
    assertThat(Program.run(List.of("e2fsck", "-p", copy.toString())).status())
        .isLessThanOrEqualTo(1);
    Program.succeed("e2fsck", "-fn", copy.toString());
    var ticks = ticks(copy);
    assertThat(ticks).hasSizeBetween(10, shown + 10);
    assertUnbroken(ticks);

    String twin =
        client.awaitDone(host.create("twin", Map.of("templateId", captured))).path("id").asText();
    host.awaitConsole(twin, "BOOT_OK 1");
    host.delete(twin);

    host.event(machine, "stop");
    // Captured again while it is off: the ticks of all that time, without a pause.
    var all = ticks(held(client.captured(machine, "whole")));
    assertThat(all).hasSizeGreaterThanOrEqualTo(shown + 10);
    assertUnbroken(all);
    host.delete(machine);
  }

  /**
   * A file system that QEMU and the server both see, with room for little more than a scratch file.
   */
  private static void inTightRoom(Path directory, Work work) throws Exception {
    Path image = host.root().resolve("tight.ext4");
    Program.succeed("truncate", "--size=1M", image.toString());
    Program.succeed("mkfs.ext4", "-q", "-O", "^has_journal", image.toString());
    String device = Program.succeed("losetup", "-f", "--show", image.toString()).strip();
    try {
      Program.succeed("mount", device, directory.toString());
      try {
        libvirt.withMounts("mount", device, directory.toString());
        String free = "$(df --output=avail -B1K %s | tail -n 1)".formatted(directory);
        Program.succeed(
            "sh", "-c", "fallocate -l $((%s - 440))K %s/filler".formatted(free, directory));
        work.run();
      } finally {
        libvirt.withMounts("umount", directory.toString());
        Program.succeed("umount", directory.toString());
      }
    } finally {
      Program.succeed("losetup", "-d", device);
    }
  }

  private interface Work {
    void run() throws Exception;
  }

  @Test
  void aGuestThatIsHaltedSinceThereIsNoRoomForItsWritesGoesOnAfterwards() throws Exception {
    String machine = host.created("tight");
    String domain = MachineHost.domain(machine);
    awaitTicks(machine, 10);
    inTightRoom(
        host.server().data().resolve("backup"),
        () -> {
          host.virsh().holdAnswer("backup-begin");
          var capture = client.capture(machine, "tight");
          host.virsh().awaitHeld();
          await("the guest to be halted")
              .atMost(Duration.ofSeconds(15))
              .until(() -> libvirt.virsh("domstate", domain, "--reason").contains("I/O error"));
          host.virsh().release();
          client.awaitDone(capture);
        });
    assertThat(libvirt.state(domain)).isEqualTo("running");
    awaitTicks(machine, ticksShown(host.console(machine)) + 10);
    host.delete(machine);
  }

  @Test
  void capturesOfOneMachineQueueAndEachHoldsWhatWasWrittenBeforeItWasAskedFor() throws Exception {
    String machine = host.created("often");
    awaitTicks(machine, 10);
    var captures = new ArrayList<JsonNode>();
    var shown = new ArrayList<Integer>();
    for (int i = 1; i <= 3; i++) {
      shown.add(ticksShown(host.console(machine)));
      captures.add(client.capture(machine, "often " + i));
    }
    var templates = new ArrayList<String>();
    for (var capture : captures) {
      templates.add(client.awaitDone(capture).path("id").asText());
      assertThat(host.consistency(capture)).isEqualTo("crash");
    }
    assertThat(host.server().data().resolve("backup")).isEmptyDirectory();
    // Those that wait together have no order among them.
    for (int i = 0; i < templates.size(); i++) {
      var ticks = ticks(held(templates.get(i)));
      assertUnbroken(ticks);
      assertThat(ticks).hasSizeGreaterThanOrEqualTo(shown.get(i));
    }
    host.delete(machine);
  }

  @Test
  void aDeadServerLeavesNoBackupJobAndTheGuestGoesOn() throws Exception {
    String machine = host.created("survivor");
    awaitTicks(machine, 10);
    host.virsh().hold("domjobabort");
    var capture = client.capture(machine, "interrupted");
    host.virsh().awaitHeld();
    libvirt.virsh("backup-dumpxml", MachineHost.domain(machine));
    host.server().kill9();
    await("the cleanup without the server")
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                libvirt.tried("backup-dumpxml", MachineHost.domain(machine)).status() != 0
                    && MachineHost.entries(host.server().data().resolve("backup")) == 0);
    assertThat(libvirt.state(MachineHost.domain(machine))).isEqualTo("running");
    int shown = ticksShown(host.console(machine));
    awaitTicks(machine, shown + 10);

    host.virsh().release();
    host.server().startAgain();
    client = host.client();
    client.awaitDone(capture);
    assertThat(host.state(machine)).isEqualTo("ready");
    host.event(machine, "stop");
    assertUnbroken(ticks(held(client.captured(machine, "afterwards"))));
    host.delete(machine);
  }

  @Test
  void aLibvirtThatDoesNotSayWhetherTheJobIsLeftCostsNoCapture() throws Exception {
    String machine = host.created("unanswered");
    host.virsh().holdAnswer("backup-begin");
    var capture = client.capture(machine, "whole");
    host.virsh().awaitHeld();
    host.virsh().fail("backup-dumpxml");
    host.virsh().release();
    client.awaitDone(capture);
    await("the job to be ended beside the server")
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                libvirt.tried("backup-dumpxml", MachineHost.domain(machine)).status() != 0
                    && MachineHost.entries(host.server().data().resolve("backup")) == 0);
    client.captured(machine, "the next");
    host.delete(machine);
  }

  private static Program.Ended adopt(String... which) throws Exception {
    var arguments = new ArrayList<>(List.of("machine", "adopt"));
    arguments.addAll(List.of(which));
    arguments.addAll(
        List.of(
            "--config",
            host.root().resolve("platen.yaml").toString(),
            "--data",
            host.server().data().toString()));
    return App.run(arguments.toArray(String[]::new));
  }

  @Test
  void anAdoptedDomainIsFrozenByItsAgentCapturedAndLetGo() throws Exception {
    Path disk = Files.copy(TinyLinux.diskWithAgent(), host.root().resolve("adopted.raw"));
    Path second = Disks.random(host.root().resolve("second.raw"), 1 << 20, 7);
    Path console = host.root().resolve("adopted.log");
    Path xml =
        Files.writeString(
            host.root().resolve("adopted.xml"),
            """
            <domain type='qemu'>
              <name>old &amp; good</name><memory unit='MiB'>300</memory><vcpu>1</vcpu>
              <os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features>
              <devices>
                <disk type='file' device='disk'><driver name='qemu' type='raw'/>
                  <source file='%s'/><target dev='vdb' bus='virtio'/></disk>
                <disk type='file' device='disk'><driver name='qemu' type='raw'/>
                  <source file='%s'/><target dev='vda' bus='virtio'/><boot order='1'/></disk>
                <serial type='pty'><log file='%s'/></serial>
                <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
              </devices>
            </domain>
            """
                .formatted(second, disk, console));
    libvirt.virsh("define", xml.toString());
    var adopted = adopt("--domain", "old & good");
    assertThat(adopted.status()).as(adopted.err()).isZero();
    assertThat(adopted.err()).contains("boot disk vda").contains("vdb");
    String machine = adopted.lastLine();
    assertThat(adopt("--domain", "old & good").status()).isEqualTo(1);
    assertThat(adopt("--all-domains").status()).isZero();
    var view = client.get("/machines/" + machine).ok();
    assertThat(view.path("name").asText()).isEqualTo("old & good");
    assertThat(view.path("machineType").asText()).isEqualTo("C1");
    assertThat(view.path("state").asText()).isEqualTo("off");

    assertThat(host.event(machine, "start").path("state").asText()).isEqualTo("done");
    await("the agent")
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                libvirt
                        .tried("qemu-agent-command", "old & good", "{\"execute\":\"guest-ping\"}")
                        .status()
                    == 0);
    // Killed while the guest is frozen: that ends with the server, not with its next start.
    host.virsh().hold("backup-begin");
    var interrupted = client.capture(machine, "interrupted");
    host.virsh().awaitHeld();
    assertThat(host.freezeState("old & good")).contains("frozen");
    host.server().kill9();
    await("the thaw without the server")
        .atMost(Duration.ofSeconds(10))
        .until(() -> host.freezeState("old & good").contains("thawed"));
    host.virsh().release();
    host.server().startAgain();
    client = host.client();
    client.awaitDone(interrupted);

    var capture = client.capture(machine, "frozen");
    String captured = client.awaitDone(capture).path("id").asText();
    assertThat(host.consistency(capture)).isEqualTo("agent");
    assertThat(host.freezeState("old & good")).contains("thawed");
    // A file system that was held still needs no replay of its journal.
    Path copy = held(captured);
    Program.succeed("e2fsck", "-fn", copy.toString());
    var ticks = ticks(copy);
    assertThat(ticks).isNotEmpty();
    assertUnbroken(ticks);
    int shown = ticksShown(Files.readString(console));
    await("the guest to go on")
        .atMost(Duration.ofSeconds(30))
        .until(() -> Files.readString(console).contains("TICK " + (shown + 10)));

    host.delete(machine);
    assertThat(libvirt.state("old & good")).isEqualTo("running");
    libvirt.virsh("destroy", "old & good");
    assertUnbroken(ticks(TinyLinux.fileSystem(disk, "raw", host.root().resolve("adopted.ext4"))));
    libvirt.virsh("undefine", "old & good");
  }
}
