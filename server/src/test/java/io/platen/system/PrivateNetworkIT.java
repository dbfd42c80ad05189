package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.support.App;
import io.platen.support.Client;
import io.platen.support.MachineHost;
import io.platen.support.PrivateLibvirt;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Private networks, and what libvirt has of them. */
class PrivateNetworkIT {
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
  void aPrivateNetworkIsItsTeamsAndItsRegionsAlone() throws Exception {
    String id = MachineHost.network(client, "mine", "ca1");
    var other =
        host.server()
            .client(
                App.succeed(
                    "key",
                    "create",
                    "--team",
                    "other",
                    "--name",
                    "x",
                    "--data",
                    host.server().data() + ""));
    String theirs = MachineHost.network(other, "theirs", "ny2");
    assertThat(client.get("/private-networks/" + id).ok().path("network"))
        .isNotEqualTo(other.get("/private-networks/" + theirs).ok().path("network"));
    var unknown = client.post("/machines", host.request("x", Map.of("networkId", "nunknown")));
    var foreign = client.post("/machines", host.request("x", Map.of("networkId", theirs)));
    foreign.error(404, "NOT_FOUND");
    assertThat(foreign.text().replace(theirs, "nunknown")).isEqualTo(unknown.text());
    client.get("/private-networks/" + theirs).error(404, "NOT_FOUND");
    client.delete("/private-networks/" + theirs).error(404, "NOT_FOUND");
    client.put("/private-networks/" + theirs, Map.of("name", "x")).error(404, "NOT_FOUND");
    client.put("/private-networks/" + id, Map.of("name", " ")).invalid("name");
    var renamed = client.put("/private-networks/" + id, Map.of("name", "mine again")).ok();
    assertThat(renamed.path("name").asText()).isEqualTo("mine again");
    assertThat(renamed.has("dtDeleted")).isFalse();
    assertThat(client.get("/private-networks/" + id).ok()).isEqualTo(renamed);
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
    client.post("/machines", host.request("far", Map.of("networkId", id))).invalid("networkId");
    other.get("/private-networks/" + theirs).ok();

    String[] key = {"Idempotency-Key", "networks"};
    var body = Map.of("name", "once", "region", "ny2");
    var first = client.send("POST", "/private-networks", body, key).ok();
    assertThat(client.send("POST", "/private-networks", body, key).ok()).isEqualTo(first);
    for (var mine : List.of(id, first.path("id").asText())) {
      assertThat(client.delete("/private-networks/" + mine).ok().toString())
          .isEqualTo("{\"id\":\"%s\"}".formatted(mine));
    }
    other.delete("/private-networks/" + theirs).ok();
  }

  private static void changeRows(String sql, String parameter) throws Exception {
    try (var database =
            DriverManager.getConnection(
                "jdbc:sqlite:" + host.server().data().resolve("platen.db"));
        var change = database.prepareStatement(sql)) {
      change.setString(1, parameter);
      assertThat(change.executeUpdate()).isEqualTo(252);
    }
  }

  @Test
  void aPrivateNetworkTakesNoMoreMachinesThanItHasAddresses() throws Exception {
    String id = MachineHost.network(client, "full", "ny2");
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
    String machine = client.awaitDone(host.create("last", last)).path("id").asText();
    var refused = client.post("/machines", host.request("one more", last)).error(409, "CONFLICT");
    assertThat(refused.path("message").asText()).contains("253");
    host.delete(machine);
    host.delete(client.awaitDone(host.create("in its place", last)).path("id").asText());
    client.delete("/private-networks/" + id).error(409, "CONFLICT");
    changeRows("UPDATE machine SET dt_deleted = 1 WHERE network_id = ? AND dt_deleted IS NULL", id);
    // Of what is recorded as deleted and has nothing here, nothing has to be removed.
    await("the machines to be removed")
        .atMost(Duration.ofSeconds(30))
        .until(() -> client.delete("/private-networks/" + id).status() == 200);
  }

  @Test
  void whatLibvirtKeepsOfADeletedNetworkIsRemovedLater() throws Exception {
    String lost = MachineHost.network(client, "lost", "ny2");
    String prefix = client.get("/private-networks/" + lost).ok().path("network").asText();
    client.delete("/private-networks/" + lost).ok();
    // As if the server had died between its database and libvirt.
    Path xml =
        Files.writeString(
            host.root().resolve("lost.xml"),
            "<network><name>platen-%s</name><uuid>%s</uuid><ip address='%s1' netmask='255.255.255.0'/></network>"
                .formatted(
                    lost,
                    UUID.nameUUIDFromBytes(("platen-" + lost).getBytes(StandardCharsets.UTF_8)),
                    prefix.substring(0, prefix.length() - 1)));
    libvirt.virsh("net-define", xml.toString());
    libvirt.virsh("net-start", "platen-" + lost);

    // The next network has its subnet, and its first machine starts all the same.
    String next = MachineHost.network(client, "next", "ny2");
    assertThat(client.get("/private-networks/" + next).ok().path("network").asText())
        .isEqualTo(prefix);
    String machine =
        client.awaitDone(host.create("on next", Map.of("networkId", next))).path("id").asText();
    assertThat(libvirt.virsh("net-list", "--all", "--name"))
        .contains("platen-" + next)
        .doesNotContain(lost);
    // As after a boot of the host: libvirt does not start it by itself.
    host.event(machine, "stop");
    libvirt.virsh("net-destroy", "platen-" + next);
    assertThat(host.event(machine, "start").path("state").asText()).isEqualTo("done");
    assertThat(libvirt.virsh("net-list", "--name")).contains("platen-" + next);
    host.delete(machine);
    client.delete("/private-networks/" + next).ok();
  }
}
