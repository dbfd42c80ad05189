package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.support.App;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.HostAccess;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Other users of the host get at nothing of a server that runs with the usual umask. */
class ClosedDirectoryIT {
  @TempDir private static Path root;
  private static HostAccess nobody;
  private static Path temporary;
  private static RunningServer server;

  @BeforeAll
  static void start() throws Exception {
    nobody = HostAccess.ofNobody();
    assertThat(Program.succeed("sh", "-c", "umask").strip()).isEqualTo("0022");
    // Everybody may come as far as the data directory.
    open(root, "rwxr-xr-x");
    temporary = Files.createDirectory(root.resolve("tmp"));
    server =
        RunningServer.start(
            root.resolve("data"), List.of("-Djava.io.tmpdir=" + temporary), Map.of());
    assertThat(Files.getPosixFilePermissions(server.data()))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    fill(server.client());
  }

  @AfterAll
  static void end() {
    if (server != null) {
      server.close();
    }
  }

  private static void open(Path path, String mode) throws Exception {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  /** Has a file of every kind made. */
  private static void fill(Client client) throws Exception {
    Path disk = Disks.random(root.resolve("disk.raw"), 8 * Disks.MIB, 3);
    String template =
        App.succeed(
            "import", disk + "", "--format", "raw", "--name", "os", "--data", server.data() + "");
    client.post("/startup-scripts", Map.of("name", "s", "script", "echo a-secret")).ok();
    client.captured(client.launched(template, 50, "machine"), "copy");
  }

  private static void assertNothingIsOpen() throws Exception {
    HostAccess.assertClosedOneByOne(server.data());
    assertThat(nobody.readable(server.data())).isEmpty();
    assertThat(nobody.writable(server.data())).isEmpty();
  }

  @Test
  void nobodyReadsAnythingEvenWhereTheDirectoryItselfIsOpened() throws Exception {
    open(server.data(), "rwxr-xr-x");
    // Vert.x unpacks it.
    try (var page = server.url().resolve("/").toURL().openStream()) {
      assertThat(page.readAllBytes()).isNotEmpty();
    }
    try (var files = Files.walk(server.data())) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .contains("platen.db", "platen.db-wal", "platen.db-shm", "platen.lock", "disk.qcow2")
          .anyMatch(name -> name.endsWith(".cacnk"))
          .anyMatch(name -> name.endsWith(".caibx"))
          .anyMatch(name -> name.endsWith(".raw"))
          .anyMatch(name -> name.equals("index.html"));
    }
    assertNothingIsOpen();
    // The names at the top are all that there is to see.
    assertThat(nobody.run("find", server.data().toString(), "-mindepth", "2").out()).isEmpty();
  }

  @Test
  void aDirectoryFromBeforeIsClosedAtTheNextStartWhichSaysSo() throws Exception {
    server.terminate();
    Program.succeed("chmod", "-R", "u=rwX,go=rX", server.data().toString());
    Files.delete(server.data().resolve(".closed"));
    assertThat(nobody.readable(server.data())).contains("platen.db", "store.castr", "index");
    server.startAgain();
    assertThat(server.log()).contains(server.data() + " could be read by other users of this host");
    assertThat(Files.getPosixFilePermissions(server.data()))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    assertThat(nobody.readable(server.data())).isEmpty();
    await("the last chunk to be closed")
        .atMost(Duration.ofSeconds(30))
        .until(() -> Files.exists(server.data().resolve(".closed")));
    open(server.data(), "rwxr-xr-x");
    assertNothingIsOpen();
    // What was closed still works.
    String template =
        server.client().get("/os-templates").ok().path("items").path(0).path("id").asText();
    server.client().launched(template, 50, "later");
  }

  @Test
  void commandsThatWorkAloneLeaveNothingOpen() throws Exception {
    Path data = root.resolve("commands/data");
    App.succeed("key", "create", "--data", data.toString());
    // QEMU's user may have to pass through it.
    assertThat(Files.getPosixFilePermissions(root.resolve("commands")))
        .isEqualTo(PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThat(Files.getPosixFilePermissions(data))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    String disk = Disks.random(root.resolve("commands.raw"), 8 * Disks.MIB, 4).toString();
    for (var command :
        List.of(
            List.of("import", disk, "--format", "raw", "--name", "os"),
            List.of("machine", "adopt", "--name", "m", "--disk", disk, "--format", "raw"),
            List.of("machine", "list"),
            List.of("template", "list"),
            List.of("machine", "recover"),
            List.of("gc"),
            List.of("verify", "--repair"),
            List.of("storage"))) {
      var line = new ArrayList<>(command);
      line.addAll(List.of("--data", data.toString()));
      App.succeed(line.toArray(String[]::new));
    }
    open(data, "rwxr-xr-x");
    assertThat(data.resolve("store.castr")).isNotEmptyDirectory();
    HostAccess.assertClosedOneByOne(data);
    assertThat(nobody.readable(data)).isEmpty();
    assertThat(nobody.writable(data)).isEmpty();
  }

  @Test
  void aKilledServerLeavesNothingInTheDirectoryThatAllUsersShare() throws Exception {
    server.kill9();
    assertThat(temporary).isEmptyDirectory();
    Path unpacked = server.data().resolve("run/vertx/left-by-an-older-version");
    Files.createDirectories(unpacked);
    server.startAgain();
    assertThat(unpacked).doesNotExist();
  }
}
