package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Machines that run, under a real libvirt, with a real guest in them. */
class RunningMachineIT {
  @TempDir static Path root;

  private static PrivateLibvirt libvirt;
  private static RunningServer server;
  private static HeldVirsh virsh;
  private static Client client;
  private static String template;

  @BeforeAll
  static void start() throws Exception {
    libvirt = PrivateLibvirt.start(root.resolve("libvirt"));
    virsh = HeldVirsh.in(root);
    server =
        RunningServer.start(
            root.resolve("data"),
            List.of(),
            Map.of("PATH", virsh.path()),
            "--hypervisor=libvirt",
            "--config",
            libvirt.config(root.resolve("platen.yaml")).toString());
    client = server.client();
    template =
        App.succeed(
            "import",
            TinyLinux.disk().toString(),
            "--format",
            "raw",
            "--name",
            "tiny",
            "--data",
            server.data().toString());
  }

  @AfterAll
  static void end() throws Exception {
    if (server != null) {
      server.close();
    }
    if (libvirt != null) {
      libvirt.close();
    }
  }

  private static JsonNode create(String name, Map<String, Object> more) {
    return client.post("/machines", request(name, more)).ok();
  }

  private static Map<String, Object> request(String name, Map<String, Object> more) {
    var body =
        new HashMap<String, Object>(
            Map.of(
                "name",
                name,
                "machineType",
                "C1",
                "templateId",
                template,
                "diskSize",
                50,
                "region",
                "ny2"));
    body.putAll(more);
    return body;
  }

  private static String created(String name) {
    return client.awaitDone(create(name, Map.of())).path("id").asText();
  }

  private static String domain(String machine) {
    return "platen-" + machine;
  }

  private static String state(String machine) {
    return client.get("/machines/" + machine).ok().path("state").asText();
  }

  private static void awaitState(String machine, String state, Duration limit) {
    await(machine + " to be " + state)
        .atMost(limit)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> state(machine).equals(state));
  }

  private static String console(String machine) throws IOException {
    Path log = server.data().resolve("machines").resolve(machine).resolve("console.log");
    return Files.exists(log) ? Files.readString(log) : "";
  }

  private static void awaitConsole(String machine, String text) {
    awaitConsole(machine, text, Duration.ofSeconds(60));
  }

  private static void awaitConsole(String machine, String text, Duration limit) {
    await("\"" + text + "\" on the console of " + machine)
        .atMost(limit)
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(() -> assertThat(console(machine)).contains(text));
  }

  private static JsonNode event(String machine, String verb) {
    return client.awaitEnd(
        client.patch("/machines/" + machine + "/" + verb).ok().path("event").path("id").asText());
  }

  private static void delete(String machine) {
    client.awaitDone(client.delete("/machines/" + machine).ok());
  }

  @Test
  void aMachineBootsStopsStartsAndRestartsOnRequest() throws Exception {
    String machine = created("life");
    assertThat(state(machine)).isEqualTo("ready");
    assertThat(libvirt.state(domain(machine))).isEqualTo("running");
    awaitConsole(machine, "BOOT_OK 0 life");
    await("the address of " + machine)
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> client.get("/machines/" + machine).ok().path("privateIp").asText(""),
            ip -> ip.startsWith("192.168.122."));

    client.patch("/machines/" + machine + "/start").error(409, "CONFLICT");
    awaitConsole(machine, "TICK 10");
    assertThat(event(machine, "stop").path("state").asText()).isEqualTo("done");
    assertThat(state(machine)).isEqualTo("off");
    assertThat(libvirt.state(domain(machine))).isEqualTo("shut off");
    assertThat(server.log())
        .as("the guest heard the power button")
        .doesNotContain(machine + " did not shut down");

    var restarting = client.patch("/machines/" + machine + "/start").ok();
    assertThat(restarting.path("data").path("state").asText()).isEqualTo("starting");
    client.awaitDone(restarting);
    awaitConsole(machine, "BOOT_OK 1");
    var again = client.patch("/machines/" + machine + "/restart").ok();
    assertThat(again.path("data").path("state").asText()).isEqualTo("restarting");
    assertThat(state(machine)).isEqualTo("restarting");
    client
        .post("/custom-templates", Map.of("machineId", machine, "name", "too early"))
        .error(409, "CONFLICT");
    client.awaitDone(again);
    awaitConsole(machine, "BOOT_OK 2");

    delete(machine);
    assertThat(libvirt.virsh("list", "--all", "--name")).doesNotContain(machine);
    assertThat(server.data().resolve("machines").resolve(machine)).doesNotExist();
  }

  @Test
  void whatHappensBehindItsBackIsSeen() throws Exception {
    String machine = created("followed");
    libvirt.virsh("destroy", domain(machine));
    awaitState(machine, "off", Duration.ofSeconds(5));
    libvirt.virsh("start", domain(machine));
    awaitState(machine, "ready", Duration.ofSeconds(5));
    libvirt.virsh("destroy", domain(machine));
    libvirt.virsh("undefine", domain(machine));
    awaitState(machine, "off", Duration.ofSeconds(5));
    assertThat(event(machine, "start").path("state").asText()).isEqualTo("done");
    delete(machine);
  }

  @Test
  void aDiskGrowsWhileTheMachineRunsAndWhileItIsOff() throws Exception {
    String machine = created("grows");
    client.put("/machines/" + machine, Map.of("machineType", "C2")).error(409, "CONFLICT");
    client.awaitDone(client.put("/machines/" + machine, Map.of("diskSize", 100)).ok());
    assertThat(state(machine)).isEqualTo("ready");
    assertThat(libvirt.virsh("domblkinfo", domain(machine), "vda"))
        .contains(Long.toString(100L << 30));
    libvirt.virsh("destroy", domain(machine));
    awaitState(machine, "off", Duration.ofSeconds(5));
    client.awaitDone(client.put("/machines/" + machine, Map.of("diskSize", 250)).ok());
    assertThat(state(machine)).isEqualTo("off");
    client.put("/machines/" + machine, Map.of("diskSize", 100)).invalid("diskSize");
    client.put("/machines/" + machine, Map.of("machineType", "C2")).ok();
    assertThat(event(machine, "start").path("state").asText()).isEqualTo("done");
    assertThat(libvirt.virsh("domblkinfo", domain(machine), "vda"))
        .contains(Long.toString(250L << 30));
    assertThat(libvirt.virsh("dominfo", domain(machine))).contains("1048576 KiB");
    delete(machine);
  }

  /** The file system in a template, from the disk of a machine that is launched from it. */
  private static Path held(String templateId) throws Exception {
    var off = create("held", Map.of("templateId", templateId, "startOnCreate", false));
    String machine = client.awaitDone(off).path("id").asText();
    assertThat(state(machine)).isEqualTo("off");
    Path disk = server.data().resolve("machines").resolve(machine).resolve("disk.qcow2");
    Path target = TinyLinux.fileSystem(disk, "qcow2", root.resolve(templateId + ".ext4"));
    delete(machine);
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

  /** What the log tells of a capture: how many bytes were read, or inherited. */
  private static long bytes(JsonNode capture, String kind) throws IOException {
    String event = capture.path("event").path("id").asText();
    var line = Pattern.compile("template-create %s: .* (\\d+) %s,".formatted(event, kind));
    var found = line.matcher(server.log());
    assertThat(found.find()).as("the log tells of " + event).isTrue();
    return Long.parseLong(found.group(1));
  }

  private static String consistency(JsonNode captured) {
    String event = captured.path("event").path("id").asText();
    return client.get("/machine-events/" + event + "/progress").ok().path("consistency").asText();
  }

  private static void awaitTicks(String machine, int count) {
    awaitConsole(machine, "TICK " + count);
  }

  @Test
  void aRunningMachineIsCapturedAndItsCopyRuns() throws Exception {
    String machine = created("live");
    awaitTicks(machine, 10);
    var capture = client.capture(machine, "live");
    String captured = client.awaitDone(capture).path("id").asText();
    int shown = ticksShown(console(machine));
    assertThat(consistency(capture)).isEqualTo("crash");
    // Its kernel alone has more bytes than it changed.
    assertThat(bytes(capture, "inherited")).isGreaterThan(8L << 20);
    assertThat(bytes(capture, "read")).isLessThan(bytes(capture, "inherited"));
    awaitTicks(machine, shown + 20);
    assertThat(server.data().resolve("backup")).isEmptyDirectory();

    Path copy = held(captured);
    // As after a loss of power: the journal is replayed, and nothing else is to mend.
    assertThat(Program.run(List.of("e2fsck", "-p", copy.toString())).status())
        .isLessThanOrEqualTo(1);
    Program.succeed("e2fsck", "-fn", copy.toString());
    var ticks = ticks(copy);
    assertThat(ticks).hasSizeBetween(10, shown + 10);
    assertUnbroken(ticks);

    String twin =
        client.awaitDone(create("twin", Map.of("templateId", captured))).path("id").asText();
    awaitConsole(twin, "BOOT_OK 1");
    delete(twin);

    event(machine, "stop");
    // Captured again while it is off: the ticks of all that time, without a pause.
    var all = ticks(held(client.captured(machine, "whole")));
    assertThat(all).hasSizeGreaterThanOrEqualTo(shown + 10);
    assertUnbroken(all);
    delete(machine);
  }

  @Test
  void aDeadServerLeavesNoBackupJobAndTheGuestGoesOn() throws Exception {
    String machine = created("survivor");
    awaitTicks(machine, 10);
    virsh.hold("domjobabort");
    var capture = client.capture(machine, "interrupted");
    virsh.awaitHeld();
    libvirt.virsh("backup-dumpxml", domain(machine));
    server.kill9();
    await("the cleanup without the server")
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                libvirt.tried("backup-dumpxml", domain(machine)).status() != 0
                    && entries(server.data().resolve("backup")) == 0);
    assertThat(libvirt.state(domain(machine))).isEqualTo("running");
    int shown = ticksShown(console(machine));
    awaitTicks(machine, shown + 10);

    virsh.release();
    server.startAgain();
    client = server.client();
    client.awaitDone(capture);
    assertThat(state(machine)).isEqualTo("ready");
    event(machine, "stop");
    assertUnbroken(ticks(held(client.captured(machine, "afterwards"))));
    delete(machine);
  }

  private static String freezeState(String domain) throws Exception {
    return libvirt.virsh("qemu-agent-command", domain, "{\"execute\":\"guest-fsfreeze-status\"}");
  }

  private static long entries(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.count();
    }
  }

  @Test
  void anAdoptedDomainIsFrozenByItsAgentCapturedAndLetGo() throws Exception {
    Path disk = Files.copy(TinyLinux.diskWithAgent(), root.resolve("adopted.raw"));
    Path second = Disks.random(root.resolve("second.raw"), 1 << 20, 7);
    Path console = root.resolve("adopted.log");
    Path xml =
        Files.writeString(
            root.resolve("adopted.xml"),
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
    var options =
        new String[] {
          "--config", root.resolve("platen.yaml").toString(), "--data", server.data().toString()
        };
    var adopted =
        App.run(
            "machine",
            "adopt",
            "--domain",
            "old & good",
            options[0],
            options[1],
            options[2],
            options[3]);
    assertThat(adopted.status()).as(adopted.err()).isZero();
    assertThat(adopted.err()).contains("boot disk vda").contains("vdb");
    String machine = adopted.lastLine();
    assertThat(
            App.run(
                    "machine",
                    "adopt",
                    "--domain",
                    "old & good",
                    options[0],
                    options[1],
                    options[2],
                    options[3])
                .status())
        .isEqualTo(1);
    assertThat(
            App.run(
                    "machine",
                    "adopt",
                    "--all-domains",
                    options[0],
                    options[1],
                    options[2],
                    options[3])
                .status())
        .isZero();
    var view = client.get("/machines/" + machine).ok();
    assertThat(view.path("name").asText()).isEqualTo("old & good");
    assertThat(view.path("machineType").asText()).isEqualTo("C1");
    assertThat(view.path("state").asText()).isEqualTo("off");

    assertThat(event(machine, "start").path("state").asText()).isEqualTo("done");
    await("the agent")
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                libvirt
                        .tried("qemu-agent-command", "old & good", "{\"execute\":\"guest-ping\"}")
                        .status()
                    == 0);
    // Killed while the guest is frozen: that ends with the server, not with its next start.
    virsh.hold("backup-begin");
    var interrupted = client.capture(machine, "interrupted");
    virsh.awaitHeld();
    assertThat(freezeState("old & good")).contains("frozen");
    server.kill9();
    await("the thaw without the server")
        .atMost(Duration.ofSeconds(10))
        .until(() -> freezeState("old & good").contains("thawed"));
    virsh.release();
    server.startAgain();
    client = server.client();
    client.awaitDone(interrupted);

    var capture = client.capture(machine, "frozen");
    String captured = client.awaitDone(capture).path("id").asText();
    assertThat(consistency(capture)).isEqualTo("agent");
    assertThat(freezeState("old & good")).contains("thawed");
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

    delete(machine);
    assertThat(libvirt.state("old & good")).isEqualTo("running");
    libvirt.virsh("destroy", "old & good");
    assertUnbroken(ticks(TinyLinux.fileSystem(disk, "raw", root.resolve("adopted.ext4"))));
    libvirt.virsh("undefine", "old & good");
  }

  @Test
  void aCopyIsAMachineOfItsOwn() throws Exception {
    Path base = TinyLinux.fileSystem(TinyLinux.disk(), "raw", root.resolve("base.ext4"));
    String machine =
        client
            .awaitDone(create("A copy, of its own", Map.of("startOnCreate", false)))
            .path("id")
            .asText();
    Path directory = server.data().resolve("machines").resolve(machine);
    Path disk = directory.resolve("disk.qcow2");
    String cached = Disks.sha256(TinyLinux.disk());
    assertThat(event(machine, "start").path("state").asText()).isEqualTo("done");
    awaitConsole(machine, "BOOT_OK 0 a-copy-of-its-own");
    event(machine, "stop");

    Path changed = TinyLinux.fileSystem(disk, "qcow2", root.resolve("changed.ext4"));
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
    assertThat(server.log()).contains(machine + " has an identity of its own: /etc/machine-id");
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
        root.resolve("meta-data") + "");
    assertThat(Files.readString(root.resolve("meta-data")))
        .contains("instance-id: " + machine)
        .contains("local-hostname: a-copy-of-its-own");
    // Later starts leave the identity as it is.
    String id = TinyLinux.file(changed, "/etc/machine-id");
    event(machine, "start");
    awaitConsole(machine, "BOOT_OK 1");
    event(machine, "stop");
    Path later = TinyLinux.fileSystem(disk, "qcow2", root.resolve("later.ext4"));
    assertThat(TinyLinux.file(later, "/etc/machine-id")).isEqualTo(id);
    delete(machine);
  }

  private static String address(String machine, String prefix) {
    return await("the address of " + machine)
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> client.get("/machines/" + machine).ok().path("privateIp").asText(""),
            ip -> ip.startsWith(prefix));
  }

  private static String network(Client team, String name, String region) {
    return team.post("/private-networks", Map.of("name", name, "region", region))
        .ok()
        .path("id")
        .asText();
  }

  /**
   * Without rules of its own against what comes from elsewhere, the default network is as any host
   * beyond: what keeps a private network from it is the private network.
   */
  private static void openDefaultNetwork() throws Exception {
    Path xml =
        Files.writeString(
            root.resolve("open.xml"),
            """
            <network>
              <name>default</name><forward mode='open'/>
              <ip address='192.168.122.1' netmask='255.255.255.0'>
                <dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp>
              </ip>
            </network>
            """);
    var _ = libvirt.tried("net-destroy", "default");
    libvirt.virsh("net-undefine", "default");
    libvirt.virsh("net-define", xml.toString());
    libvirt.virsh("net-start", "default");
  }

  @Test
  void aDebianRunsItsStartupScriptOnItsPrivateNetworkAndIsFrozenByItsAgent() throws Exception {
    String debian =
        App.succeed(
            "import",
            TinyLinux.debian().toString(),
            "--format",
            "raw",
            "--name",
            "debian",
            "--data",
            server.data().toString());
    openDefaultNetwork();
    String lab = network(client, "lab", "East Coast (NY2)");
    String prefix = client.get("/private-networks/" + lab).ok().path("network").asText();
    assertThat(prefix).matches("10\\.2\\d\\d\\.\\d+\\.0");
    prefix = prefix.substring(0, prefix.length() - 1);
    var inside = create("inside", Map.of("networkId", lab));
    String outside = created("outside");
    String peer = client.awaitDone(inside).path("id").asText();
    String near = address(peer, prefix);
    String far = address(outside, "192.168.122.");
    assertThat(libvirt.reaches(near)).isTrue();
    assertThat(libvirt.reaches(far)).isTrue();

    // It even tries to go through its host.
    String text =
        """
        reach() {
          if busybox ping -c 1 -W 3 $1 >/dev/null 2>&1; then found="$found $2:answers"; else found="$found $2:silent"; fi
        }
        reach %1$s peer
        reach %2$s outside
        ip route add default via %3$s1
        reach %2$s outside-through-host
        echo "SCRIPT 'é' $(hostname)$found." >/dev/ttyS0
        """
            .formatted(near, far, prefix);
    String script =
        client
            .post("/startup-scripts", Map.of("name", "looks", "script", text, "isRunOnce", true))
            .ok()
            .path("id")
            .asText();
    String machine =
        client
            .awaitDone(
                create(
                    "A Debian",
                    Map.of(
                        "machineType",
                        "C3",
                        "templateId",
                        debian,
                        "networkId",
                        lab,
                        "startupScriptId",
                        script)))
            .path("id")
            .asText();
    // Some 40 s where it is emulated, on two idle cores.
    awaitConsole(machine, "SCRIPT 'é' a-debian ", Duration.ofMinutes(4));
    assertThat(console(machine))
        .contains("a-debian peer:answers outside:silent outside-through-host:silent.");
    assertThat(libvirt.reaches(far)).isTrue();

    await("its agent to answer")
        .atMost(Duration.ofSeconds(60))
        .until(() -> libvirt.tried("domfsinfo", domain(machine)).status() == 0);
    var capture = client.capture(machine, "debian live");
    client.awaitDone(capture);
    assertThat(consistency(capture)).isEqualTo("agent");
    assertThat(freezeState(domain(machine))).contains("thawed");

    assertThat(
            client
                .delete("/private-networks/" + lab)
                .error(409, "CONFLICT")
                .path("message")
                .asText())
        .contains("2 machines");
    for (var some : List.of(machine, peer, outside)) {
      delete(some);
    }
    client.delete("/private-networks/" + lab).ok();
    assertThat(libvirt.virsh("net-list", "--all", "--name")).doesNotContain(lab);
  }

  @Test
  void aPrivateNetworkIsItsTeamsAndItsRegionsAlone() throws Exception {
    String id = network(client, "mine", "ca1");
    var other =
        server.client(
            App.succeed(
                "key", "create", "--team", "other", "--name", "x", "--data", server.data() + ""));
    String theirs = network(other, "theirs", "ny2");
    assertThat(client.get("/private-networks/" + id).ok().path("network"))
        .isNotEqualTo(other.get("/private-networks/" + theirs).ok().path("network"));
    var unknown = client.post("/machines", request("x", Map.of("networkId", "nunknown")));
    var foreign = client.post("/machines", request("x", Map.of("networkId", theirs)));
    foreign.error(404, "NOT_FOUND");
    assertThat(foreign.text().replace(theirs, "nunknown")).isEqualTo(unknown.text());
    client.get("/private-networks/" + theirs).error(404, "NOT_FOUND");
    client.delete("/private-networks/" + theirs).error(404, "NOT_FOUND");
    assertThat(client.get("/private-networks").ok().path("items").findValuesAsText("id"))
        .contains(id)
        .doesNotContain(theirs);
    assertThat(
            client
                .get("/private-networks?region=ca1&name=MIN&orderBy=name&limit=1")
                .ok()
                .path("items")
                .findValuesAsText("id"))
        .containsExactly(id);
    client.post("/machines", request("far", Map.of("networkId", id))).invalid("networkId");
    other.get("/private-networks/" + theirs).ok();

    String[] key = {"Idempotency-Key", "networks"};
    var body = Map.of("name", "once", "region", "ny2");
    var first = client.send("POST", "/private-networks", body, key).ok();
    assertThat(client.send("POST", "/private-networks", body, key).ok()).isEqualTo(first);
    for (var mine : List.of(id, first.path("id").asText())) {
      client.delete("/private-networks/" + mine).ok();
    }
    other.delete("/private-networks/" + theirs).ok();
  }

  private static void changeRows(String sql, String parameter) throws Exception {
    try (var database =
            DriverManager.getConnection("jdbc:sqlite:" + server.data().resolve("platen.db"));
        var change = database.prepareStatement(sql)) {
      change.setString(1, parameter);
      assertThat(change.executeUpdate()).isEqualTo(252);
    }
  }

  @Test
  void aPrivateNetworkTakesNoMoreMachinesThanItHasAddresses() throws Exception {
    String id = network(client, "full", "ny2");
    changeRows(
        """
        INSERT INTO machine (id, team_id, name, name_folded, state, machine_type, agent_type, os_label,
          region, architecture, firmware, disk_bytes, network_id, dt_created, dt_modified)
        WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 252)
        SELECT 'psfull' || n, team_id, 'x', 'x', 'off', 'C1', 'LinuxHeadless', '',
          'ny2', 'x86_64', 'bios', 1, private_network.id, 1, 1
        FROM number, private_network WHERE private_network.id = ?
        """,
        id);
    var last = Map.<String, Object>of("networkId", id, "startOnCreate", false);
    String machine = client.awaitDone(create("last", last)).path("id").asText();
    var refused = client.post("/machines", request("one more", last)).error(409, "CONFLICT");
    assertThat(refused.path("message").asText()).contains("253");
    delete(machine);
    delete(client.awaitDone(create("in its place", last)).path("id").asText());
    client.delete("/private-networks/" + id).error(409, "CONFLICT");
    changeRows("UPDATE machine SET dt_deleted = 1 WHERE network_id = ? AND dt_deleted IS NULL", id);
    client.delete("/private-networks/" + id).ok();
  }

  @Test
  void whatLibvirtKeepsOfADeletedNetworkIsRemovedLater() throws Exception {
    String lost = network(client, "lost", "ny2");
    String prefix = client.get("/private-networks/" + lost).ok().path("network").asText();
    client.delete("/private-networks/" + lost).ok();
    // As if the server had died between its database and libvirt.
    Path xml =
        Files.writeString(
            root.resolve("lost.xml"),
            "<network><name>platen-%s</name><ip address='%s1' netmask='255.255.255.0'/></network>"
                .formatted(lost, prefix.substring(0, prefix.length() - 1)));
    libvirt.virsh("net-define", xml.toString());
    libvirt.virsh("net-start", "platen-" + lost);

    // The next network has its subnet, and its first machine starts all the same.
    String next = network(client, "next", "ny2");
    assertThat(client.get("/private-networks/" + next).ok().path("network").asText())
        .isEqualTo(prefix);
    String machine =
        client.awaitDone(create("on next", Map.of("networkId", next))).path("id").asText();
    assertThat(libvirt.virsh("net-list", "--all", "--name"))
        .contains("platen-" + next)
        .doesNotContain(lost);
    // As after a boot of the host: libvirt does not start it by itself.
    event(machine, "stop");
    libvirt.virsh("net-destroy", "platen-" + next);
    assertThat(event(machine, "start").path("state").asText()).isEqualTo("done");
    assertThat(libvirt.virsh("net-list", "--name")).contains("platen-" + next);
    delete(machine);
    client.delete("/private-networks/" + next).ok();
  }

  private static Path base(Path overlay) throws Exception {
    return Path.of(
        Client.JSON
            .readTree(Program.succeed("qemu-img", "info", "-U", "--output=json", overlay + ""))
            .path("full-backing-filename")
            .asText());
  }

  @Test
  void twentyMachinesFromOneTemplateBuildItsBaseImageOnce() throws Exception {
    // One that no launch has brought into the cache yet.
    Path disk = Files.copy(TinyLinux.disk(), root.resolve("cold.raw"));
    try (var file = FileChannel.open(disk, StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {1}), 200 << 20);
    }
    String cold =
        App.succeed(
            "import",
            disk.toString(),
            "--format",
            "raw",
            "--name",
            "cold",
            "--data",
            server.data().toString());
    long images = entries(server.data().resolve("cache"));
    var launches = new ArrayList<JsonNode>();
    for (int i = 0; i < 20; i++) {
      // All would be many for an emulator on two cores.
      launches.add(create("many-" + i, Map.of("templateId", cold, "startOnCreate", i % 5 == 0)));
    }
    for (int i = 0; i < 20; i++) {
      String machine = client.awaitDone(launches.get(i)).path("id").asText();
      assertThat(state(machine)).isEqualTo(i % 5 == 0 ? "ready" : "off");
    }
    assertThat(entries(server.data().resolve("cache"))).isEqualTo(images + 1);
    try (var database =
            DriverManager.getConnection("jdbc:sqlite:" + server.data().resolve("platen.db"));
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
