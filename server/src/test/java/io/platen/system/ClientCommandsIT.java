package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.platen.support.App;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The commands that work over HTTP, as the launcher runs them: without the server's classes. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ClientCommandsIT {
  private final Path root;
  private final RunningServer server;
  private final Client client;
  private final String url;
  private final String key;

  ClientCommandsIT(@TempDir Path root) throws Exception {
    this.root = root;
    server = RunningServer.start(root.resolve("data"));
    client = server.client();
    url = server.url() + "/v1";
    key = server.key();
  }

  @AfterAll
  void end() throws Exception {
    server.close();
  }

  private static String classPath() throws Exception {
    var libraries = Path.of("target", "quarkus-app", "lib", "main");
    try (Stream<Path> jars = Files.list(libraries)) {
      return jars.filter(
              jar ->
                  jar.getFileName()
                      .toString()
                      .matches(
                          ".*(platen-client|picocli|jackson-(annotations|core|databind))-[0-9].*"))
          .map(Path::toString)
          .collect(Collectors.joining(File.pathSeparator));
    }
  }

  private Program.Ended platen(List<String> environment, String... arguments) throws Exception {
    var command = new ArrayList<>(List.of("env", "-u", "PAPERSPACE_API_KEY", "HOME=" + root));
    command.addAll(environment);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            classPath(),
            "io.platen.client.Main"));
    command.addAll(List.of(arguments));
    return Program.run(command);
  }

  private Program.Ended platen(String... arguments) throws Exception {
    return platen(List.of("PAPERSPACE_API_URL=" + url, "PAPERSPACE_API_KEY=" + key), arguments);
  }

  private String succeed(String... arguments) throws Exception {
    var ended = platen(arguments);
    assertThat(ended.status()).as("%s", ended).isZero();
    return ended.lastLine();
  }

  @Test
  void aDiskIsCapturedAndLaunchedByNames() throws Exception {
    var disk = Disks.random(root.resolve("disk.raw"), 4 << 20, 7);
    String machine =
        App.succeed(
            "machine",
            "adopt",
            "--data",
            "" + server.data(),
            "--name",
            "box",
            "--disk",
            "" + disk,
            "--format",
            "raw");
    String template = succeed("template", "create", "--machine", "box", "--name", "gold", "--wait");
    Disks.assertHolds(server.data(), template, disk);
    assertThat(platen("template", "list").out()).contains(template, "available", machine, "gold");
    succeed("template", "rename", "gold", "silver");
    assertThat(platen("template", "show", "silver").out()).contains(template).contains(machine);

    String copy =
        succeed(
            "machine",
            "create",
            "--template",
            "silver",
            "--type",
            "C5",
            "--name",
            "copy",
            "--wait");
    assertThat(client.get("/machines/" + copy).ok().path("storageTotal").asLong())
        .isEqualTo(50L << 30);
    assertThat(succeed("machine", "resize", "copy", "--size", "100", "--wait")).isEqualTo(copy);
    assertThat(client.get("/machines/" + copy).ok().path("storageTotal").asLong())
        .isEqualTo(100L << 30);
    var events = platen("event", "list", "--machine", "copy").out();
    assertThat(events).contains(copy, "create", "done").doesNotContain(machine);
    var list = platen("machine", "list", "--json", "--all").out();
    assertThat(new ObjectMapper().readTree(list).path("items"))
        .extracting(item -> item.path("id").asText())
        .containsSubsequence(copy, machine);

    var console = server.data().resolve("machines").resolve(copy).resolve("console.log");
    var silent = platen("machine", "console", "copy");
    assertThat(silent.status()).isZero();
    assertThat(silent.out()).isEmpty();
    assertThat(silent.err()).contains("has written nothing to its serial console").contains("off");
    Files.writeString(console, "early\n".repeat(10_000) + "login: ü\n");
    assertThat(platen("machine", "console", "copy").out()).endsWith("early\nlogin: ü\n");
    assertThat(platen("machine", "console", "copy", "--all", "--follow").out())
        .as("it is off, so the end is the end")
        .isEqualTo(Files.readString(console));
    var none = platen("machine", "console", "box");
    assertThat(none.status()).isEqualTo(4);
    assertThat(none.err()).contains("was adopted");

    // Without a hypervisor it can't be started: the API's own sentence, and its own exit status.
    var refused = platen("machine", "start", "copy");
    assertThat(refused.status()).isEqualTo(4);
    assertThat(refused.err()).startsWith("platen: No hypervisor");
    succeed("machine", "delete", "copy", "--wait");
    var gone = platen("machine", "show", "copy");
    assertThat(gone.status()).isEqualTo(3);
    assertThat(gone.err()).contains("There is no machine with the id or name copy");
  }

  @Test
  void aTemplateIsProtectedDeletedAndUndeletedByItsName() throws Exception {
    var disk = Disks.random(root.resolve("kept.raw"), 1 << 20, 8);
    App.succeed(
        "machine",
        "adopt",
        "--data",
        "" + server.data(),
        "--name",
        "keeper",
        "--disk",
        "" + disk,
        "--format",
        "raw");
    String template =
        succeed("template", "create", "--machine", "keeper", "--name", "kept", "--wait");
    assertThat(platen("template", "show", "kept").out()).containsPattern("protected +no");
    assertThat(succeed("template", "protect", "kept")).isEqualTo(template);
    assertThat(platen("template", "show", "kept").out()).containsPattern("protected +yes");
    assertThat(App.succeed("template", "list", "--data", server.data().toString()))
        .containsPattern(template + " +available +yes");
    var refused = platen("template", "delete", "kept");
    assertThat(refused.status()).isEqualTo(4);
    assertThat(refused.err()).contains("is protected").contains("unprotect");
    assertThat(platen("template", "unprotect", "kept").err()).contains("can be deleted again");
    succeed("template", "delete", "kept");
    assertThat(platen("template", "list").out()).doesNotContain(template);
    assertThat(platen("template", "list", "--deleted").out()).contains(template, "kept");
    assertThat(platen("template", "undelete", "kept").err()).contains("template kept is back");
    assertThat(platen("template", "list").out()).contains(template);
    var again = platen("template", "undelete", template);
    assertThat(again.status()).isEqualTo(4);
    assertThat(again.err()).contains("is not deleted");

    // Of a name that a deleted one has too, it can't be known which is meant to go for good.
    succeed("template", "delete", template);
    String second =
        succeed("template", "create", "--machine", "keeper", "--name", "kept", "--wait");
    var ambiguous = platen("template", "purge", "kept");
    assertThat(ambiguous.status()).isEqualTo(2);
    assertThat(ambiguous.err()).contains(template, second);
    assertThat(succeed("template", "purge", template)).isEqualTo(template);
    assertThat(succeed("template", "purge", "kept")).isEqualTo(second);
    var gone = platen("template", "undelete", "kept");
    assertThat(gone.status()).isEqualTo(3);
    assertThat(gone.err()).contains("There is no");

    String snapshot =
        succeed("snapshot", "create", "--machine", "keeper", "--name", "shot", "--wait");
    succeed("snapshot", "delete", "shot", "--wait");
    assertThat(platen("snapshot", "list", "--deleted").out()).contains(snapshot);
    assertThat(succeed("snapshot", "undelete", "shot")).isEqualTo(snapshot);
    assertThat(succeed("snapshot", "purge", "shot", "--wait")).isEqualTo(snapshot);
    assertThat(platen("snapshot", "list", "--deleted").out()).doesNotContain(snapshot);
  }

  @Test
  void aNameThatTwoHaveIsRefusedAndBothAreShown() throws Exception {
    var ids = new ArrayList<String>();
    for (int i = 0; i < 2; i++) {
      var disk = Disks.random(root.resolve("twin" + i + ".raw"), 1 << 20, i);
      ids.add(
          App.succeed(
              "machine",
              "adopt",
              "--data",
              "" + server.data(),
              "--name",
              "twin",
              "--disk",
              "" + disk,
              "--format",
              "raw"));
    }
    var ended = platen("machine", "capture", "twin", "--name", "of which?");
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.err()).contains("2 machines are named twin").contains(ids);
  }

  @Test
  void whatFailsOnTheServerFailsHereWithTheReason() throws Exception {
    var disk = Disks.random(root.resolve("moved.raw"), 1 << 20, 9);
    App.succeed(
        "machine",
        "adopt",
        "--data",
        "" + server.data(),
        "--name",
        "moved",
        "--disk",
        "" + disk,
        "--format",
        "raw");
    Files.delete(disk);
    var ended = platen("machine", "capture", "moved", "--name", "none", "--wait");
    assertThat(ended.status()).isEqualTo(1);
    assertThat(ended.err()).contains("moved.raw");
    assertThat(ended.out()).isEmpty();
  }

  @Test
  void aLoginIsKeptForItsOwner() throws Exception {
    var typed = Files.writeString(root.resolve("typed"), key + "\n");
    var ended = platen(List.of("sh", "-c", "exec \"$0\" \"$@\" < " + typed), "login", url);
    assertThat(ended.status()).as("%s", ended).isZero();
    assertThat(ended.err()).contains("logged in to " + url).doesNotContain(key);
    var file = root.resolve(".config/platen/login.json");
    assertThat(Files.getPosixFilePermissions(file))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(platen(List.of(), "machine", "list").status()).isZero();
    // The key goes to no other server.
    var elsewhere = platen(List.of("PAPERSPACE_API_URL=http://127.0.0.1:1/v1"), "machine", "list");
    assertThat(elsewhere.status()).isEqualTo(1);
    assertThat(elsewhere.err()).contains("there is no API key for http://127.0.0.1:1/v1");

    Files.writeString(typed, "unknown\n");
    var unknown = platen(List.of("sh", "-c", "exec \"$0\" \"$@\" < " + typed), "login", url);
    assertThat(unknown.status()).isEqualTo(4);
    assertThat(platen(List.of(), "machine", "list").status()).as("the login stays").isZero();
  }
}
