package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.event.EventState;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.GeneratedClient;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Clients that openapi-generator makes of the server's document go through every flow. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class GeneratedClientIT {
  private static final int DISK = 1 << 20;

  private final Path root;
  private final RunningServer server;
  private final Client client;
  private final String machine;
  private final String osTemplate;

  GeneratedClientIT(@TempDir Path root) throws Exception {
    this.root = root;
    server = RunningServer.start(root.resolve("data"));
    client = server.client();
    Path disk = Disks.random(root.resolve("disk.raw"), DISK, DISK);
    try (var seed = Seed.of(server)) {
      machine = seed.machine("default", "flow", disk, DISK);
      assertThat(seed.imported(disk, DISK).state()).isEqualTo(EventState.DONE);
    }
    osTemplate = client.get("/os-templates").ok().path("items").get(0).path("id").asText();
  }

  @AfterAll
  void end() {
    server.close();
  }

  private static Path resource(String name) throws Exception {
    return Path.of(GeneratedClientIT.class.getResource("/clients/" + name).toURI());
  }

  private void flows(List<String> command, Map<String, String> environment) throws Exception {
    var all = new ArrayList<>(command);
    all.addAll(List.of(server.url().toString(), server.key(), machine, osTemplate));
    var ended = Program.run(all, environment);
    assertThat(ended.status()).as("%s%s", ended.out(), ended.err()).isZero();
    assertThat(ended.lastLine()).isEqualTo("every flow is done");
  }

  @Test
  void aJavaClient() throws Exception {
    Path made =
        GeneratedClient.make(
            client,
            root,
            "java",
            "library=native,openApiNullable=false,useJakartaEe=true,hideGenerationTimestamp=true");
    Path classes = Files.createDirectory(root.resolve("classes"));
    String libraries =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    compile(made.resolve("src/main/java"), classes, libraries);
    flows(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            classes + ":" + libraries,
            "Flow"),
        Map.of());
  }

  private static void compile(Path sources, Path classes, String libraries) throws Exception {
    var compiler = ToolProvider.getSystemJavaCompiler();
    var files = compiler.getStandardFileManager(null, null, null);
    var options = List.of("-d", classes.toString(), "-cp", libraries, "-proc:none", "-nowarn");
    var units = new ArrayList<Path>(javaFiles(sources));
    units.add(resource("Flow.java"));
    var messages = new java.io.StringWriter();
    boolean compiled =
        compiler
            .getTask(messages, files, null, options, null, files.getJavaFileObjectsFromPaths(units))
            .call();
    assertThat(compiled).as("%s", messages).isTrue();
  }

  private static List<Path> javaFiles(Path sources) {
    try (var files = Files.walk(sources)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aPythonClient() throws Exception {
    Path made =
        GeneratedClient.make(client, root, "python-pydantic-v1", "packageName=openapi_client");
    flows(
        List.of("/usr/bin/python3", "-B", resource("flow.py").toString()),
        Map.of("PYTHONPATH", made.toString()));
  }
}
