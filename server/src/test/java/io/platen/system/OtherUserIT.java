package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.support.App;
import io.platen.support.Client;
import io.platen.support.HostAccess;
import io.platen.support.MachineHost;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.TinyLinux;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A server that is not root runs machines too, whatever libvirt does with their files. */
class OtherUserIT {
  /** One that every Debian has, and that is in no group of QEMU's; libvirt wants a name. */
  private static final String USER = "games";

  private static final List<String> BECOME =
      List.of("setpriv", "--reuid", USER, "--regid", USER, "--clear-groups");

  private static MachineHost host;
  private static RunningServer server;
  private static Path data;

  @BeforeAll
  static void start() throws Exception {
    host = MachineHost.get();
    Assumptions.assumeTrue(
        Program.run(prefixed("test", "-r", "target/quarkus-app/quarkus-run.jar")).status() == 0,
        "another user can't read what was built");
    Program.succeed("setfacl", "-m", "u:" + USER + ":x", host.root().toString());
    Program.succeed(
        "setfacl", "-R", "-m", "u:" + USER + ":rX", host.root().resolve("platen.yaml").toString());
    Path home = Files.createDirectory(host.root().resolve("other-user"));
    Program.succeed("setfacl", "-m", "u:libvirt-qemu:x", home.toString());
    Program.succeed("chown", USER + ":" + USER, home.toString());
    data = home.resolve("data");
    server =
        RunningServer.startAs(
            BECOME,
            data,
            List.of(),
            Map.of(),
            "--hypervisor=libvirt",
            "--config",
            host.root().resolve("platen.yaml").toString());
  }

  @AfterAll
  static void end() {
    if (server != null) {
      server.close();
    }
  }

  private static List<String> prefixed(String... command) {
    var line = new java.util.ArrayList<>(BECOME);
    line.addAll(List.of(command));
    return line;
  }

  private static String imported() throws Exception {
    Path disk = host.root().resolve("other-user.raw");
    Files.copy(TinyLinux.disk(), disk);
    Program.succeed("chown", USER, disk.toString());
    var command =
        App.command(
            List.of(),
            List.of("import", disk + "", "--format", "raw", "--name", "tiny", "--data", data + ""));
    var ended = Program.run(prefixed(command.toArray(String[]::new)));
    assertThat(ended.status()).as(ended.err()).isZero();
    return ended.lastLine();
  }

  private static void event(Client client, String machine, String verb) {
    client.awaitDone(client.patch("/machines/" + machine + "/" + verb).ok());
  }

  private static String console(String machine) throws Exception {
    Path log = data.resolve("machines").resolve(machine).resolve("console.log");
    return Files.exists(log) ? Files.readString(log) : "";
  }

  @Test
  void itsMachinesStartAreCapturedRunningAndOffStartAgainAndGo() throws Exception {
    var client = server.client();
    String template = imported();
    String machine =
        client
            .awaitDone(
                client
                    .post("/machines", host.request("plain", Map.of("templateId", template)))
                    .ok())
            .path("id")
            .asText();
    await("the guest to boot")
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(console(machine)).contains("BOOT_OK 0"));
    String disk = "machines/" + machine + "/disk.qcow2";
    assertThat(HostAccess.ofQemu().writable(data)).containsExactly(disk);
    assertThat(HostAccess.ofNobody().readable(data)).isEmpty();
    client.captured(machine, "running");
    assertThat(data.resolve("backup")).isEmptyDirectory();

    event(client, machine, "stop");
    // Libvirt leaves it to root, which this server is not.
    assertThat(Files.getOwner(data.resolve(disk)).getName()).isEqualTo("root");
    assertThat(HostAccess.ofQemu().writable(data)).isEmpty();
    client.captured(machine, "off");
    client.awaitDone(client.put("/machines/" + machine, Map.of("diskSize", 100)).ok());
    event(client, machine, "start");
    await("the guest to boot again")
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(console(machine)).contains("BOOT_OK 1"));
    client.awaitDone(client.delete("/machines/" + machine).ok());
    assertThat(data.resolve("machines").resolve(machine)).doesNotExist();
    HostAccess.assertClosedOneByOne(data);
  }

  @Test
  void aCommandOfAnotherUserIsRefusedInsteadOfLeavingFilesThatTheServerCantRead() throws Exception {
    var ended = App.run("key", "list", "--data", data.toString());
    assertThat(ended.status()).isEqualTo(1);
    assertThat(ended.err()).contains(data + " is that of the user " + USER).contains("sudo -u");
    Path closed = Files.createTempDirectory("platen-closed");
    var command = App.command(List.of(), List.of("key", "list", "--data", closed.toString()));
    var refused = Program.run(prefixed(command.toArray(String[]::new)));
    Files.delete(closed);
    assertThat(refused.err()).contains(closed + " is that of the user root", "sudo -u root");
  }
}
