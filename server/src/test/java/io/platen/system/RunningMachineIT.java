package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Machines that run, under a real libvirt, with a real guest in them. */
class RunningMachineIT {
  @TempDir static Path root;

  private static PrivateLibvirt libvirt;
  private static RunningServer server;
  private static Client client;
  private static String template;

  @BeforeAll
  static void start() throws Exception {
    libvirt = PrivateLibvirt.start(root.resolve("libvirt"));
    server =
        RunningServer.start(
            root.resolve("data"),
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
    return client.post("/machines", body).ok();
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
    await("\"" + text + "\" on the console of " + machine)
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> console(machine).contains(text));
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
    awaitConsole(machine, "BOOT_OK 0");
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
    event(machine, "stop");
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
}
