package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.App;
import io.platen.support.Client;
import io.platen.support.Lan;
import io.platen.support.MachineHost;
import io.platen.support.PrivateLibvirt;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.TinyLinux;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What a program does that makes clusters: a private network, a script with its key, machines of an
 * OS template that it knows by its id, with dynamic addresses, which it reaches from another
 * machine of the office, across a bridge of the host on which libvirt gives out no addresses.
 */
class ProvisionerIT {
  private static final String NETWORK = "office";
  private static final String BRIDGE = "br-office";
  private static final String OFFICE = "192\\.168\\.77\\.\\d+";
  private static final Duration BOOT = Duration.ofMinutes(6);

  private static PrivateLibvirt libvirt;
  private static RunningServer server;
  private static Client client;
  private static Lan office;
  private static Path root;

  @BeforeAll
  static void start() throws Exception {
    var host = MachineHost.get();
    libvirt = host.libvirt();
    // Sockets have short paths.
    root = Files.createDirectory(host.root().resolve("office"));
    Program.succeed("setfacl", "-m", "u:libvirt-qemu:x", root.toString());
    assertThat(libvirt.inside("ip", "link", "add", BRIDGE, "type", "bridge").status()).isZero();
    assertThat(libvirt.inside("ip", "link", "set", BRIDGE, "up").status()).isZero();
    Path xml =
        Files.writeString(
            root.resolve("office.xml"),
            "<network><name>%s</name><forward mode='bridge'/><bridge name='%s'/></network>"
                .formatted(NETWORK, BRIDGE));
    libvirt.virsh("net-define", xml.toString());
    office = Lan.on(libvirt, BRIDGE, "192.168.77.1/24");
    office.serveAddresses("192.168.77.50", "192.168.77.99");
    Path config = libvirt.config(root.resolve("platen.yaml"), "libvirtNetwork: " + NETWORK);
    server =
        RunningServer.start(
            root.resolve("data"), "--hypervisor=libvirt", "--config", config.toString());
    client = server.client();
  }

  @AfterAll
  static void end() throws Exception {
    if (server != null) {
      server.close();
    }
    if (office != null) {
      office.close();
      libvirt.inside("ip", "link", "delete", BRIDGE);
      libvirt.tried("net-destroy", NETWORK);
      libvirt.tried("net-undefine", NETWORK);
    }
  }

  private static void imported(Path disk, String id) throws Exception {
    App.succeed(
        "import",
        disk.toString(),
        "--format",
        "raw",
        "--name",
        "an OS",
        "--id",
        id,
        "--data",
        server.data().toString());
  }

  private static JsonNode launch(String name, String template, Map<String, Object> more) {
    var body =
        new HashMap<String, Object>(
            Map.of(
                "name",
                name,
                "machineType",
                "C3",
                "region",
                "ny2",
                "diskSize",
                50,
                "templateId",
                template,
                "publicIpType",
                "dynamic",
                "enableNvlink",
                false,
                "startOnCreate",
                true));
    body.putAll(more);
    return client.post("/machines", body).ok().path("data");
  }

  /** The machine of this name as it is in the list when it is ready; nobody asks a second time. */
  private static JsonNode ready(String name) {
    return listed(name, "ready");
  }

  private static JsonNode listed(String name, String state) {
    return await(name + " to be " + state)
        .atMost(BOOT)
        .pollInterval(Duration.ofMillis(200))
        .until(
            () -> client.get("/machines?name=" + name).ok().path("items").path(0),
            machine -> machine.path("state").asText().equals(state));
  }

  private static void terminate(String id, String network) {
    client.delete("/machines/" + id).ok();
    assertThat(client.get("/machines").ok().path("items").findValuesAsText("id"))
        .doesNotContain(id);
    await("the network to be free")
        .atMost(Duration.ofSeconds(60))
        .until(() -> client.delete("/private-networks/" + network).status() == 200);
  }

  @Test
  void aMachineOnAPrivateNetworkIsReachedByItsPublicAddressFromElsewhere() throws Exception {
    imported(TinyLinux.diskWithAgent(), "ttiny");
    String network = MachineHost.network(client, "small", "ny2");
    String prefix = client.get("/private-networks/" + network).ok().path("network").asText();
    String id = launch("small-head", "ttiny", Map.of("networkId", network)).path("id").asText();

    var machine = ready("small-head");
    assertThat(machine.path("publicIpType").asText()).isEqualTo("dynamic");
    String publicIp = machine.path("publicIp").asText();
    String privateIp = machine.path("privateIp").asText();
    assertThat(publicIp).matches(OFFICE);
    assertThat(privateIp).startsWith(prefix.substring(0, prefix.length() - 1));
    assertThat(office.reaches(publicIp)).isTrue();
    assertThat(office.reaches(privateIp)).as("the private network from outside").isFalse();
    assertThat(libvirt.reaches(privateIp)).as("the private network from the host").isTrue();
    assertThat(libvirt.virsh("domiflist", MachineHost.domain(id)).lines()).hasSize(2);
    // Nothing can be kept there, and who asks is told why.
    client.post("/public-ips", Map.of("region", "ny2")).error(412, "PRECONDITION_FAILED");

    client.patch("/machines/" + id + "/stop").ok();
    var off = listed("small-head", "off");
    await("its address to be forgotten")
        .atMost(Duration.ofSeconds(10))
        .until(() -> client.get("/machines/" + id).ok().path("publicIp").isNull());
    assertThat(off.path("publicIpType").asText()).isEqualTo("dynamic");
    client.put("/machines/" + id, Map.of("publicIpType", "none")).ok();
    client.patch("/machines/" + id + "/start").ok();
    assertThat(ready("small-head").path("publicIp").isNull()).isTrue();
    assertThat(libvirt.virsh("domiflist", MachineHost.domain(id)).lines()).hasSize(1);
    terminate(id, network);
  }

  private static String ssh(Path key, String address, String command) {
    return await("ssh to " + address)
        .atMost(BOOT)
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> office.ssh(key, address, command), ended -> ended.status() == 0)
        .out()
        .strip();
  }

  @Test
  @Tag("long")
  void aClusterIsMadeUsedAndTerminated() throws Exception {
    imported(TinyLinux.debian(), "t0nspur5");
    Path key = root.resolve("key");
    Program.succeed("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key.toString());
    String script =
        client
            .post(
                "/startup-scripts",
                Map.of(
                    "name",
                    "add-key",
                    "script",
                    "mkdir -p /root/.ssh\nchmod 700 /root/.ssh\necho \"%s\" >> /root/.ssh/authorized_keys\n"
                        .formatted(Files.readString(key.resolveSibling("key.pub")).strip()),
                    "isRunOnce",
                    true))
            .ok()
            .path("id")
            .asText();
    String network = MachineHost.network(client, "cluster", "ny2");
    String id =
        launch("cluster-head", "t0nspur5", Map.of("networkId", network, "startupScriptId", script))
            .path("id")
            .asText();

    var machine = ready("cluster-head");
    String publicIp = machine.path("publicIp").asText();
    assertThat(publicIp).matches(OFFICE);
    assertThat(ssh(key, publicIp, "hostname")).isEqualTo("cluster-head");
    assertThat(ssh(key, publicIp, "ip -4 -brief address || busybox ip -4 address"))
        .contains(publicIp)
        .contains(machine.path("privateIp").asText());
    ssh(key, publicIp, "echo first >/root/mark; sync");

    String first = snapshot(id, "first");
    ssh(key, publicIp, "echo second >/root/mark; sync");
    client.patch("/machines/" + id + "/stop").ok();
    listed("cluster-head", "off");
    snapshot(id, "second");
    client.awaitDone(client.post("/snapshots/" + first + "/restore", Map.of()).ok());
    client.patch("/machines/" + id + "/start").ok();
    String again = ready("cluster-head").path("publicIp").asText();
    assertThat(again).matches(OFFICE);
    assertThat(ssh(key, again, "cat /root/mark")).isEqualTo("first");
    terminate(id, network);
  }

  private static String snapshot(String machine, String name) {
    return client
        .awaitDone(client.post("/snapshots", Map.of("machineId", machine, "name", name)).ok())
        .path("id")
        .asText();
  }
}
