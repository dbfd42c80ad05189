package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.MachineHost;
import io.platen.support.PrivateLibvirt;
import io.platen.support.Program;
import io.platen.support.TinyLinux;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Machines that run, under a real libvirt, with a real guest in them. */
class RunningMachineIT {
  private static MachineHost host;
  private static PrivateLibvirt libvirt;
  private static Client client;

  @BeforeAll
  static void start() throws Exception {
    host = MachineHost.get();
    libvirt = host.libvirt();
    client = host.client();
  }

  @Test
  void aMachineBootsStopsStartsAndRestartsOnRequest() throws Exception {
    String machine = host.created("life");
    assertThat(host.state(machine)).isEqualTo("ready");
    assertThat(libvirt.state(MachineHost.domain(machine))).isEqualTo("running");
    host.awaitConsole(machine, "BOOT_OK 0 life");
    var written = client.get("/machines/" + machine + "/console?offset=0").ok();
    assertThat(written.path("text").asText()).contains("BOOT_OK 0 life");
    assertThat(written.path("state").asText()).isEqualTo("ready");
    await("the address of " + machine)
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> client.get("/machines/" + machine).ok().path("privateIp").asText(""),
            ip -> ip.startsWith("192.168.122."));

    client.patch("/machines/" + machine + "/start").error(409, "CONFLICT");
    host.awaitConsole(machine, "TICK 10");
    assertThat(host.event(machine, "stop").path("state").asText()).isEqualTo("done");
    assertThat(host.state(machine)).isEqualTo("off");
    assertThat(libvirt.state(MachineHost.domain(machine))).isEqualTo("shut off");
    assertThat(host.server().log())
        .as("the guest heard the power button")
        .doesNotContain(machine + " did not shut down");

    var restarting = client.patch("/machines/" + machine + "/start").ok();
    assertThat(restarting.path("data").path("state").asText()).isEqualTo("starting");
    client.awaitDone(restarting);
    host.awaitConsole(machine, "BOOT_OK 1");
    var again = client.patch("/machines/" + machine + "/restart").ok();
    assertThat(again.path("data").path("state").asText()).isEqualTo("restarting");
    assertThat(host.state(machine)).isEqualTo("restarting");
    client
        .post("/custom-templates", Map.of("machineId", machine, "name", "too early"))
        .error(409, "CONFLICT");
    client.awaitDone(again);
    host.awaitConsole(machine, "BOOT_OK 2");

    host.delete(machine);
    assertThat(libvirt.virsh("list", "--all", "--name")).doesNotContain(machine);
    assertThat(host.server().data().resolve("machines").resolve(machine)).doesNotExist();
  }

  @Test
  void whatHappensBehindItsBackIsSeen() throws Exception {
    String machine = host.created("followed");
    libvirt.virsh("destroy", MachineHost.domain(machine));
    host.awaitState(machine, "off", Duration.ofSeconds(5));
    libvirt.virsh("start", MachineHost.domain(machine));
    host.awaitState(machine, "ready", Duration.ofSeconds(5));
    libvirt.virsh("destroy", MachineHost.domain(machine));
    libvirt.virsh("undefine", MachineHost.domain(machine));
    host.awaitState(machine, "off", Duration.ofSeconds(5));
    assertThat(host.event(machine, "start").path("state").asText()).isEqualTo("done");
    host.delete(machine);
  }

  @Test
  void aDiskGrowsWhileTheMachineRunsAndWhileItIsOff() throws Exception {
    String machine = host.created("grows");
    client.put("/machines/" + machine, Map.of("machineType", "C2")).error(409, "CONFLICT");
    client.awaitDone(client.put("/machines/" + machine, Map.of("diskSize", 100)).ok());
    assertThat(host.state(machine)).isEqualTo("ready");
    assertThat(libvirt.virsh("domblkinfo", MachineHost.domain(machine), "vda"))
        .contains(Long.toString(100L << 30));
    libvirt.virsh("destroy", MachineHost.domain(machine));
    host.awaitState(machine, "off", Duration.ofSeconds(5));
    client.awaitDone(client.put("/machines/" + machine, Map.of("diskSize", 250)).ok());
    assertThat(host.state(machine)).isEqualTo("off");
    client.put("/machines/" + machine, Map.of("diskSize", 100)).invalid("diskSize");
    client.put("/machines/" + machine, Map.of("machineType", "C2")).ok();
    assertThat(host.event(machine, "start").path("state").asText()).isEqualTo("done");
    assertThat(libvirt.virsh("domblkinfo", MachineHost.domain(machine), "vda"))
        .contains(Long.toString(250L << 30));
    assertThat(libvirt.virsh("dominfo", MachineHost.domain(machine))).contains("1048576 KiB");
    host.delete(machine);
  }

  static Path base(Path overlay) throws Exception {
    return Path.of(
        Client.JSON
            .readTree(Program.succeed("qemu-img", "info", "-U", "--output=json", overlay + ""))
            .path("full-backing-filename")
            .asText());
  }

  @Test
  void aCopyIsAMachineOfItsOwn() throws Exception {
    Path base = TinyLinux.fileSystem(TinyLinux.disk(), "raw", host.root().resolve("base.ext4"));
    String machine =
        client
            .awaitDone(host.create("A copy, of its own", Map.of("startOnCreate", false)))
            .path("id")
            .asText();
    Path directory = host.server().data().resolve("machines").resolve(machine);
    Path disk = directory.resolve("disk.qcow2");
    String cached = Disks.sha256(TinyLinux.disk());
    assertThat(host.event(machine, "start").path("state").asText()).isEqualTo("done");
    host.awaitConsole(machine, "BOOT_OK 0 a-copy-of-its-own");
    host.event(machine, "stop");

    Path changed = TinyLinux.fileSystem(disk, "qcow2", host.root().resolve("changed.ext4"));
    for (var file :
        List.of("machine-id", "ssh/ssh_host_ed25519_key", "ssh/ssh_host_ed25519_key.pub")) {
      assertThat(TinyLinux.file(changed, "/etc/" + file))
          .as(file)
          .isNotBlank()
          .isNotEqualTo(TinyLinux.file(base, "/etc/" + file));
    }
    assertThat(TinyLinux.file(changed, "/etc/machine-id").strip()).matches("[0-9a-f]{32}");
    assertThat(TinyLinux.file(changed, "/etc/hosts")).contains("127.0.1.1 a-copy-of-its-own");
    assertThat(Program.succeed("debugfs", "-R", "stat /etc/ssh/ssh_host_ed25519_key", changed + ""))
        .contains("Mode:  0600");
    assertThat(host.server().log())
        .contains(machine + " has an identity of its own: /etc/machine-id");
    // The source is not touched, and what cloud-init is told lies beside the disk.
    assertThat(Disks.sha256(TinyLinux.disk())).isEqualTo(cached);
    Program.succeed(
        "qemu-img",
        "compare",
        "-f",
        "raw",
        "-F",
        "raw",
        base(disk).toString(),
        TinyLinux.disk() + "");
    Program.succeed(
        "xorriso",
        "-osirrox",
        "on",
        "-indev",
        directory.resolve("seed.iso") + "",
        "-extract",
        "/meta-data",
        host.root().resolve("meta-data") + "");
    assertThat(Files.readString(host.root().resolve("meta-data")))
        .contains("instance-id: \"" + machine + "\"")
        .contains("local-hostname: \"a-copy-of-its-own\"");
    // Later starts leave the identity as it is.
    String id = TinyLinux.file(changed, "/etc/machine-id");
    host.event(machine, "start");
    host.awaitConsole(machine, "BOOT_OK 1");
    host.event(machine, "stop");
    Path later = TinyLinux.fileSystem(disk, "qcow2", host.root().resolve("later.ext4"));
    assertThat(TinyLinux.file(later, "/etc/machine-id")).isEqualTo(id);
    host.delete(machine);
  }

  @Test
  void twentyMachinesFromOneTemplateBuildItsBaseImageOnce() throws Exception {
    // One that no launch has brought into the cache yet.
    Path disk = Files.copy(TinyLinux.disk(), host.root().resolve("cold.raw"));
    try (var file = FileChannel.open(disk, StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {1}), 200 << 20);
    }
    String cold = host.imported(disk, "cold");
    long images = MachineHost.entries(host.server().data().resolve("cache"));
    var launches = new ArrayList<JsonNode>();
    for (int i = 0; i < 20; i++) {
      // All would be many for an emulator on two cores.
      launches.add(
          host.create("many-" + i, Map.of("templateId", cold, "startOnCreate", i % 5 == 0)));
    }
    for (int i = 0; i < 20; i++) {
      String machine = client.awaitDone(launches.get(i)).path("id").asText();
      assertThat(host.state(machine)).isEqualTo(i % 5 == 0 ? "ready" : "off");
    }
    assertThat(MachineHost.entries(host.server().data().resolve("cache"))).isEqualTo(images + 1);
    try (var database =
            DriverManager.getConnection(
                "jdbc:sqlite:" + host.server().data().resolve("platen.db"));
        var query =
            database.prepareStatement(
                "SELECT COUNT(*) FROM event WHERE template_id = ? AND name = 'create' AND bytes_read > 0")) {
      query.setString(1, cold);
      var row = query.executeQuery();
      assertThat(row.next()).isTrue();
      assertThat(row.getInt(1)).as("launches that read chunks").isEqualTo(1);
    }
    for (var launch : launches) {
      client.delete("/machines/" + launch.path("data").path("id").asText()).ok();
    }
    await("all to be gone")
        .atMost(Duration.ofSeconds(30))
        .until(() -> !libvirt.virsh("list", "--all", "--name").contains("platen-"));
  }
}
