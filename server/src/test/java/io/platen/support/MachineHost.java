package io.platen.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One libvirt, and one server on it, for all tests of machines that run; with a template to launch
 * them from. They have it one after the other: one may end its server and start it again.
 */
public final class MachineHost {
  private static @Nullable MachineHost shared;

  private final Path root;
  private final PrivateLibvirt libvirt;
  private final HeldVirsh virsh;
  private final RunningServer server;
  private final String template;

  private MachineHost(
      Path root, PrivateLibvirt libvirt, HeldVirsh virsh, RunningServer server, String template) {
    this.root = root;
    this.libvirt = libvirt;
    this.virsh = virsh;
    this.server = server;
    this.template = template;
  }

  /** The host, started at the first call; it ends with the tests. */
  public static synchronized MachineHost get() throws Exception {
    if (shared == null) {
      Path root = Files.createTempDirectory("platen-machines");
      // As on any host, QEMU has a user of its own, and as anywhere, the operator lets it pass.
      Program.succeed("setfacl", "-m", "u:libvirt-qemu:x", root.toString());
      var libvirt = PrivateLibvirt.start(root.resolve("libvirt"));
      var virsh = HeldVirsh.in(root);
      var server =
          RunningServer.start(
              root.resolve("data"),
              List.of(),
              Map.of("PATH", virsh.path()),
              "--hypervisor=libvirt",
              "--config",
              libvirt.config(root.resolve("platen.yaml")).toString());
      var started =
          new MachineHost(root, libvirt, virsh, server, imported(server, TinyLinux.disk(), "tiny"));
      Runtime.getRuntime().addShutdownHook(new Thread(started::end));
      shared = started;
    }
    return shared;
  }

  private void end() {
    try {
      server.close();
      libvirt.close();
      Program.succeed("rm", "-r", root.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String imported(RunningServer server, Path disk, String name) throws Exception {
    return App.succeed(
        "import",
        disk.toString(),
        "--format",
        "raw",
        "--name",
        name,
        "--data",
        server.data().toString());
  }

  /** A new template of what is on a raw disk. */
  public String imported(Path disk, String name) throws Exception {
    return imported(server, disk, name);
  }

  /** A directory for files of the tests. */
  public Path root() {
    return root;
  }

  /** A new directory for disks of domains: QEMU's user may pass it. */
  public Path directoryOfDisks(String name) throws Exception {
    Path directory = Files.createTempDirectory(root, name);
    Program.succeed("setfacl", "-m", "u:libvirt-qemu:x", directory.toString());
    return directory;
  }

  public PrivateLibvirt libvirt() {
    return libvirt;
  }

  public HeldVirsh virsh() {
    return virsh;
  }

  public RunningServer server() {
    return server;
  }

  /** A client of the server as it listens now. */
  public Client client() {
    return server.client();
  }

  /** Begins to launch a machine, with these fields more or otherwise than usual. */
  public JsonNode create(String name, Map<String, Object> more) {
    return client().post("/machines", request(name, more)).ok();
  }

  /** What {@link #create} sends. */
  public Map<String, Object> request(String name, Map<String, Object> more) {
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

  /** The id of a new machine that runs. */
  public String created(String name) {
    return client().awaitDone(create(name, Map.of())).path("id").asText();
  }

  public static String domain(String machine) {
    return "platen-" + machine;
  }

  public String state(String machine) {
    return client().get("/machines/" + machine).ok().path("state").asText();
  }

  public void awaitState(String machine, String state, Duration limit) {
    await(machine + " to be " + state)
        .atMost(limit)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> state(machine).equals(state));
  }

  public String console(String machine) throws IOException {
    Path log = server.data().resolve("machines").resolve(machine).resolve("console.log");
    return Files.exists(log) ? Files.readString(log) : "";
  }

  public void awaitConsole(String machine, String text) {
    awaitConsole(machine, text, Duration.ofSeconds(60));
  }

  public void awaitConsole(String machine, String text, Duration limit) {
    await("\"" + text + "\" on the console of " + machine)
        .atMost(limit)
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(() -> assertThat(console(machine)).contains(text));
  }

  /** Starts, stops or restarts a machine; the event as it ended. */
  public JsonNode event(String machine, String verb) {
    return client()
        .awaitEnd(
            client()
                .patch("/machines/" + machine + "/" + verb)
                .ok()
                .path("event")
                .path("id")
                .asText());
  }

  public Path directory(String machine) {
    return server.data().resolve("machines").resolve(machine);
  }

  /** Whether anything of a machine is left here. */
  public boolean isLeft(String machine) throws Exception {
    return Files.exists(directory(machine)) || libvirt.domains().contains(machine);
  }

  public void awaitGone(String machine) {
    await(machine + " to be gone")
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(200))
        .until(() -> !isLeft(machine));
  }

  /** Runs a command of Platen's on the server's data, with its configuration. */
  public Program.Ended run(String... command) throws Exception {
    var arguments = new ArrayList<>(List.of(command));
    arguments.addAll(
        List.of(
            "--config",
            root.resolve("platen.yaml").toString(),
            "--data",
            server.data().toString()));
    return App.run(arguments.toArray(String[]::new));
  }

  /** Changes rows of the server's database. */
  public int change(String sql, String... parameters) throws Exception {
    try (var database =
            DriverManager.getConnection("jdbc:sqlite:" + server.data().resolve("platen.db"));
        var change = database.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        change.setString(i + 1, parameters[i]);
      }
      return change.executeUpdate();
    }
  }

  public void delete(String machine) {
    client().awaitDone(client().delete("/machines/" + machine).ok());
  }

  /** What a capture says of the moment that it has: "agent" or "crash". */
  public String consistency(JsonNode captured) {
    String event = captured.path("event").path("id").asText();
    return client().get("/machine-events/" + event + "/progress").ok().path("consistency").asText();
  }

  public String freezeState(String domain) throws Exception {
    return libvirt.virsh("qemu-agent-command", domain, "{\"execute\":\"guest-fsfreeze-status\"}");
  }

  public static long entries(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.count();
    }
  }

  /** The id of a new private network. */
  public static String network(Client team, String name, String region) {
    return team.post("/private-networks", Map.of("name", name, "region", region))
        .ok()
        .path("id")
        .asText();
  }
}
