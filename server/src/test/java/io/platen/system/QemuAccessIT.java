package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.support.App;
import io.platen.support.Client;
import io.platen.support.HostAccess;
import io.platen.support.MachineHost;
import io.platen.support.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** QEMU has a user of its own. It gets the disks of machines that run, and little else. */
class QemuAccessIT {
  private static MachineHost host;
  private static HostAccess nobody;
  private static HostAccess qemu;

  @BeforeAll
  static void start() throws Exception {
    host = MachineHost.get();
    nobody = HostAccess.ofNobody();
    qemu = HostAccess.ofQemu();
  }

  private static void assertClosedToTheRest(Path data) throws Exception {
    // The directory itself is no protection.
    Program.succeed("setfacl", "-m", "o::rx", host.root().toString());
    Program.succeed("setfacl", "-m", "o::rx", data.toString());
    try {
      HostAccess.assertClosedOneByOne(data);
      assertThat(nobody.readable(data)).isEmpty();
      assertThat(nobody.writable(data)).isEmpty();
    } finally {
      Program.succeed("setfacl", "-m", "o::-", data.toString());
      Program.succeed("setfacl", "-m", "o::-", host.root().toString());
    }
  }

  private static String base(Path disk) throws Exception {
    String info = Program.succeed("qemu-img", "info", "-U", "--output=json", disk.toString());
    String name = Client.JSON.readTree(info).path("full-backing-filename").asText();
    return "cache/" + Path.of(name).getFileName();
  }

  @Test
  void itHasTheDiskOfAMachineThatRunsAndOnlyReadsWhatMachinesShare() throws Exception {
    Path data = host.server().data();
    String machine = host.created("reached");
    String other =
        host.client()
            .awaitDone(host.create("off", Map.of("startOnCreate", false)))
            .path("id")
            .asText();
    String mine = "machines/" + machine + "/";
    String base = base(data.resolve(mine + "disk.qcow2"));
    assertThat(qemu.readable(data))
        .contains(mine + "disk.qcow2", mine + "seed.iso", base)
        .allMatch(path -> path.startsWith(mine) || path.startsWith("cache/"))
        .doesNotContain(mine + "domain.xml", mine + "console.log", mine + "identity")
        .noneMatch(path -> path.contains(other));
    // A base image is that of many machines.
    assertThat(qemu.writable(data)).containsExactly(mine + "disk.qcow2");
    assertClosedToTheRest(data);

    host.event(machine, "stop");
    assertThat(qemu.writable(data)).isEmpty();
    assertThat(qemu.readable(data)).doesNotContain(mine + "disk.qcow2");
    assertClosedToTheRest(data);
    // Behind Platen's back it is given the disk again, and the base image still is not.
    host.libvirt().virsh("start", MachineHost.domain(machine));
    assertThat(qemu.writable(data)).containsExactly(mine + "disk.qcow2");
    host.libvirt().virsh("destroy", MachineHost.domain(machine));
    host.delete(machine);
    host.delete(other);
  }

  @Test
  void theSocketOfACaptureIsReachedByNobodyElseAndOnNoCommandLine() throws Exception {
    Path data = host.server().data();
    String machine = host.created("captured");
    host.awaitConsole(machine, "BOOT_OK");
    host.virsh().hold("domjobabort");
    var capture = host.client().capture(machine, "open");
    host.virsh().awaitHeld();
    Path backup;
    try (var directories = Files.list(data.resolve("backup"))) {
      backup = directories.findFirst().orElseThrow();
    }
    Path socket = backup.resolve("nbd.sock");
    assertThat(socket).exists();
    assertClosedToTheRest(data);
    assertThat(ProcessHandle.allProcesses().flatMap(p -> p.info().commandLine().stream()))
        .anyMatch(line -> line.contains("platen-switch"))
        .noneMatch(
            line -> line.contains("platen-switch") && line.contains(backup.getFileName() + ""));
    Program.succeed("setfacl", "-m", "o::rx", host.root().toString());
    Program.succeed("setfacl", "-m", "o::rx", data.toString());
    for (var command : new String[] {"rm -f", "ls", "nbdinfo --size nbd+unix:///vda?socket="}) {
      String line = command + (command.endsWith("=") ? "" : " ") + socket;
      assertThat(nobody.run("sh", "-c", line).status()).as(line).isNotZero();
    }
    assertThat(socket).exists();
    Program.succeed("setfacl", "-m", "o::-", data.toString());
    Program.succeed("setfacl", "-m", "o::-", host.root().toString());
    host.virsh().release();
    host.server().kill9();
    await("the cleanup without the server")
        .atMost(Duration.ofSeconds(10))
        .until(() -> MachineHost.entries(data.resolve("backup")) == 0);
    host.server().startAgain();
    host.client().awaitDone(capture);
    host.delete(machine);
  }

  @Test
  void whatQemusUserLeavesInTheDirectoryOfACaptureIsRemovedWithIt() throws Exception {
    Path data = host.server().data();
    String machine = host.created("littered");
    host.awaitConsole(machine, "BOOT_OK");
    // The capture goes on without an answer.
    host.virsh().hold("qemu-monitor-command");
    var capture = host.client().capture(machine, "littered");
    host.virsh().awaitHeld();
    Path backup;
    try (var directories = Files.list(data.resolve("backup"))) {
      backup = directories.findFirst().orElseThrow();
    }
    String litter = "cd %s && mkdir -p d/e && echo x >d/e/f && ln -s / root".formatted(backup);
    assertThat(qemu.run("sh", "-c", litter).status()).isZero();
    host.virsh().release();
    host.client().awaitDone(capture);
    assertThat(data.resolve("backup")).isEmptyDirectory();
    host.delete(machine);
  }

  @Test
  void doctorSaysWhereProgramsThatReadWhatAGuestWroteCantBeConfined() throws Exception {
    var command = App.command(List.of(), List.of("doctor", "--data", host.root() + "/none"));
    assertThat(Program.run(command).out()).containsPattern("ok +sandbox ");
    var line =
        new ArrayList<>(
            List.of(
                "unshare",
                "--user",
                "--map-root-user",
                "sh",
                "-c",
                "echo 0 >/proc/sys/user/max_net_namespaces && exec \"$@\"",
                "sh"));
    line.addAll(command);
    assertThat(Program.run(line).out())
        .containsPattern("optional sandbox +programs that read .* can't be confined")
        .contains("user.max_user_namespaces");
  }

  private static Program.Ended doctor(Path data) throws Exception {
    return App.run(
        "doctor",
        "--config",
        host.root().resolve("platen.yaml").toString(),
        "--data",
        data.toString());
  }

  @Test
  void whereItCantPassThroughADirectoryTheRemedyIsNamedAndIsOne() throws Exception {
    Path closed = Files.createDirectory(host.root().resolve("closed"));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
    var missing = doctor(closed.resolve("data"));
    assertThat(missing.status()).isEqualTo(1);
    String remedy = "setfacl -m u:libvirt-qemu:x " + closed;
    assertThat(missing.out()).contains(remedy).doesNotContainPattern("chmod.*" + closed);
    Program.succeed("sh", "-c", remedy);
    assertThat(doctor(closed.resolve("data")).out())
        .contains("QEMU's user can reach " + closed.resolve("data"));
    assertThat(closed.resolve("data")).doesNotExist();

    // A start that fails for it names the same.
    Program.succeed("setfacl", "-x", "u:libvirt-qemu", host.root().toString());
    try {
      var launch = host.create("unreachable", Map.of());
      var event = host.client().awaitEnd(launch.path("event").path("id").asText());
      assertThat(event.path("state").asText()).isEqualTo("error");
      assertThat(event.path("error").asText())
          .contains("setfacl -m u:libvirt-qemu:x " + host.root());
    } finally {
      Program.succeed("setfacl", "-m", "u:libvirt-qemu:x", host.root().toString());
    }
  }
}
