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
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Public addresses: what the API says, what libvirt keeps, and what answers on the network. */
class PublicAddressIT {
  private static final String NETWORK = "addresses";
  private static final String BRIDGE = "virbr150";

  private static PrivateLibvirt libvirt;
  private static RunningServer server;
  private static Client client;
  private static String template;
  private static Lan lan;
  private static Path config;

  @BeforeAll
  static void start() throws Exception {
    var host = MachineHost.get();
    libvirt = host.libvirt();
    Path xml =
        Files.writeString(
            host.root().resolve("addresses.xml"),
            """
            <network>
              <name>%s</name><forward mode='open'/><bridge name='%s'/>
              <ip address='192.168.150.1' netmask='255.255.255.0'>
                <dhcp>
                  <range start='192.168.150.2' end='192.168.150.99'/>
                  <host mac='52:54:00:00:00:99' name='printer' ip='192.168.150.202'/>
                </dhcp>
              </ip>
            </network>
            """
                .formatted(NETWORK, BRIDGE));
    libvirt.virsh("net-define", xml.toString());
    libvirt.virsh("net-start", NETWORK);
    lan = Lan.on(libvirt, BRIDGE, "192.168.150.150/24");
    config =
        libvirt.config(
            host.root().resolve("addresses.yaml"),
            "libvirtNetwork: " + NETWORK,
            "publicIps: 192.168.150.200-192.168.150.202");
    server =
        RunningServer.start(
            host.root().resolve("addresses-data"),
            "--hypervisor=libvirt",
            "--config",
            config.toString());
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
    if (lan != null) {
      lan.close();
    }
    libvirt.virsh("net-destroy", NETWORK);
    libvirt.virsh("net-undefine", NETWORK);
  }

  private static JsonNode launch(Map<String, Object> more) {
    var body =
        new HashMap<String, Object>(
            Map.of(
                "name",
                "m",
                "machineType",
                "C1",
                "templateId",
                template,
                "diskSize",
                50,
                "region",
                "ny2"));
    body.putAll(more);
    return client.post("/machines", body).ok();
  }

  private static JsonNode machine(String id) {
    return client.get("/machines/" + id).ok();
  }

  private static void assertAddress(String id, String type, String ip) {
    assertThat(machine(id).path("publicIpType").asText()).isEqualTo(type);
    assertThat(machine(id).path("publicIp").asText(null)).isEqualTo(ip);
  }

  private static JsonNode assign(String ip, String machine) {
    var answer =
        client.put("/public-ips/" + ip, Collections.singletonMap("machineId", machine)).ok();
    assertThat(answer.path("ip").asText()).isEqualTo(ip);
    assertThat(answer.path("assignedMachineId").asText(null)).isEqualTo(machine);
    return answer;
  }

  private static List<String> keys(JsonNode object) {
    return object.properties().stream().map(Map.Entry::getKey).toList();
  }

  /** What is kept for a machine; the same now and after the next start of the network. */
  private static String kept(String id) throws Exception {
    String live = line(libvirt.virsh("net-dumpxml", NETWORK), id);
    assertThat(line(libvirt.virsh("net-dumpxml", NETWORK, "--inactive"), id)).isEqualTo(live);
    return live;
  }

  private static String line(String xml, String id) {
    return xml.lines()
        .filter(line -> line.contains("name='platen-" + id + "'"))
        .map(line -> line.replaceAll(".* ip='([0-9.]+)'.*", "$1"))
        .reduce("", (before, found) -> before + found);
  }

  private static void event(String machine, String verb) {
    client.awaitDone(client.patch("/machines/" + machine + "/" + verb).ok());
  }

  @Test
  void aStaticAddressIsKeptForItsMachineAndIsReachedFromElsewhereOnTheNetwork() throws Exception {
    var claimed = client.post("/public-ips", Map.of("region", "East Coast (NY2)")).ok();
    assertThat(keys(claimed)).containsExactlyInAnyOrder("ip", "region", "dtCreated");
    assertThat(claimed.path("ip").asText()).isEqualTo("192.168.150.200");
    assertThat(claimed.path("region").asText()).isEqualTo("ny2");
    var begun = launch(Map.of("publicIpType", "static"));
    assertThat(begun.path("data").path("publicIp").asText()).isEqualTo("192.168.150.201");
    var alsoBegun = launch(Map.of("publicIpType", "dynamic"));
    // The third address of the range is a printer's.
    client.post("/public-ips", Map.of("region", "ny2")).error(409, "CONFLICT");
    client
        .send(
            "POST",
            "/machines",
            Map.of(
                "name",
                "m",
                "machineType",
                "C1",
                "templateId",
                template,
                "diskSize",
                50,
                "region",
                "ny2",
                "publicIpType",
                "static"))
        .error(409, "CONFLICT");

    String fixed = client.awaitDone(begun).path("id").asText();
    // A client reads the address as soon as the machine is ready, and asks no more.
    assertAddress(fixed, "static", "192.168.150.201");
    assertThat(machine(fixed).path("privateIp").asText()).isEqualTo("192.168.150.201");
    assertThat(lan.reaches("192.168.150.201")).isTrue();
    assertThat(kept(fixed)).isEqualTo("192.168.150.201");
    String moving = client.awaitDone(alsoBegun).path("id").asText();
    String dynamic = machine(moving).path("publicIp").asText();
    assertThat(dynamic).matches("192\\.168\\.150\\.\\d\\d?");
    assertAddress(moving, "dynamic", dynamic);
    assertThat(lan.reaches(dynamic)).isTrue();
    assertThat(kept(moving)).isEmpty();

    var item = assign("192.168.150.200", moving);
    assertThat(keys(item))
        .containsExactlyInAnyOrder("ip", "region", "assignedMachineId", "dtCreated");
    assertThat(client.get("/public-ips?order=asc&region=ny2").ok().path("items").path(0))
        .isEqualTo(item);
    assertAddress(moving, "static", "192.168.150.200");
    assertThat(kept(moving)).isEqualTo("192.168.150.200");
    assertThat(lan.reaches("192.168.150.200")).as("before it was started again").isFalse();
    event(moving, "restart");
    assertThat(machine(moving).path("privateIp").asText()).isEqualTo("192.168.150.200");
    assertThat(lan.reaches("192.168.150.200")).isTrue();

    // Between a server's death and its next start, somebody undoes it.
    server.kill9();
    for (var of : List.of("--live", "--config")) {
      libvirt.virsh(
          "net-update",
          NETWORK,
          "delete",
          "ip-dhcp-host",
          "<host name='platen-%s' ip='192.168.150.201'/>".formatted(fixed),
          of);
    }
    server.startAgain();
    client = server.client();
    assertThat(kept(fixed)).isEqualTo("192.168.150.201");

    assign("192.168.150.200", fixed);
    assertThat(client.get("/public-ips?limit=1").ok().path("hasMore").booleanValue()).isTrue();
    assertThat(kept(fixed)).isEqualTo("192.168.150.200");
    assertThat(kept(moving)).isEmpty();
    assertAddress(moving, "dynamic", "192.168.150.200");

    client.awaitDone(client.delete("/machines/" + fixed).ok());
    await("its reservation to be gone")
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(kept(fixed)).isEmpty());
    for (var address : client.get("/public-ips").ok().path("items")) {
      assertThat(keys(address)).doesNotContain("assignedMachineId");
      String path = "/public-ips/" + address.path("ip").asText();
      var released = client.delete(path).ok();
      assertThat(keys(released)).containsExactly("ip");
      assertThat(released.path("ip")).isEqualTo(address.path("ip"));
      client.delete(path).error(404, "NOT_FOUND");
    }
    assertThat(client.get("/public-ips").ok().path("items")).isEmpty();
    assertThat(libvirt.virsh("net-dumpxml", NETWORK)).contains("printer");
    client.awaitDone(client.delete("/machines/" + moving).ok());
  }

  @Test
  void anAddressIsItsTeamsAloneAndOfNoUseOnAnIsolatedNetwork() throws Exception {
    String ip = client.post("/public-ips", Map.of("region", "ny2")).ok().path("ip").asText();
    var other =
        server.client(
            App.succeed(
                "key", "create", "--team", "other", "--name", "x", "--data", server.data() + ""));
    assertThat(other.get("/public-ips").ok().path("items")).isEmpty();
    other
        .put("/public-ips/" + ip, Collections.singletonMap("machineId", null))
        .error(404, "NOT_FOUND");
    other.delete("/public-ips/" + ip).error(404, "NOT_FOUND");

    String network = MachineHost.network(client, "isolated", "ny2");
    String alone =
        client
            .awaitDone(launch(Map.of("networkId", network, "startOnCreate", false)))
            .path("id")
            .asText();
    assertThat(
            client
                .put("/public-ips/" + ip, Map.of("machineId", alone))
                .error(409, "CONFLICT")
                .path("message")
                .asText())
        .contains("isolated");
    // With a card on the public network it can have one.
    client.put("/machines/" + alone, Map.of("publicIpType", "dynamic")).ok();
    assign(ip, alone);
    assertAddress(alone, "static", ip);
    client.awaitDone(client.delete("/machines/" + alone).ok());
    client.delete("/public-ips/" + ip).ok();
    client.delete("/private-networks/" + network).ok();
  }

  @Test
  void theDoctorSaysWhoReachesMachines() throws Exception {
    assertThat(doctor(config)).contains("machines are reached by their addresses on addresses");
    var nat = libvirt.config(config.resolveSibling("nat.yaml"), "publicIps: 10.0.0.1-10.0.0.2");
    libvirt.virsh("net-define", natNetwork().toString());
    assertThat(doctor(Files.writeString(nat, Files.readString(nat) + "libvirtNetwork: nat\n")))
        .contains("only this host reaches machines on \"nat\", which is behind libvirt's NAT")
        .contains("10.0.0.1-10.0.0.2 is not in 192.168.151.0-192.168.151.255");
    libvirt.virsh("net-undefine", "nat");
  }

  private static Path natNetwork() throws Exception {
    return Files.writeString(
        config.resolveSibling("nat.xml"),
        """
        <network>
          <name>nat</name><forward mode='nat'/>
          <ip address='192.168.151.1' netmask='255.255.255.0'>
            <dhcp><range start='192.168.151.2' end='192.168.151.254'/></dhcp>
          </ip>
        </network>
        """);
  }

  private static String doctor(Path file) throws Exception {
    Program.Ended ended =
        App.run("doctor", "--config", file.toString(), "--data", server.data().toString());
    return ended.out() + ended.err();
  }
}
