package io.platen.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.App;
import io.platen.support.Cli;
import io.platen.support.Client;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What chaos happens on: a server with its directory, on a small file system of its own. */
final class Ground implements AutoCloseable {
  private static final String LIST = "limit=120";

  private final Path root;
  private final Path data;
  private final Path config;
  private final Random random;
  private final Tally tally = new Tally();
  private final StoreCheck check;
  private final RunningServer server;

  /**
   * @param become see {@link RunningServer#startAs}
   */
  Ground(Path root, Random random, List<String> become) throws Exception {
    this.root = root;
    this.random = random;
    data = Files.createDirectories(root.resolve("data"));
    check = new StoreCheck(data, root.resolve("copy"));
    config =
        Files.writeString(
            root.resolve("platen.yaml"),
            "upkeep: {cacheGb: 0, collectHours: 1000, scrubDays: 0}\n");
    Program.succeed("mount", "-t", "tmpfs", "-o", "size=700m,mode=700", "none", data.toString());
    server =
        RunningServer.startAs(become, data, List.of(), Map.of(), "--config", config.toString());
  }

  Path root() {
    return root;
  }

  /** Copies the data directory. */
  Path keep() throws Exception {
    Path kept = root.resolve("kept");
    Program.succeed("cp", "-a", data.toString(), kept.toString());
    return kept;
  }

  Path data() {
    return data;
  }

  Path config() {
    return config;
  }

  Random random() {
    return random;
  }

  Tally tally() {
    return tally;
  }

  StoreCheck check() {
    return check;
  }

  RunningServer server() {
    return server;
  }

  Client client() {
    return server.client();
  }

  /** Ends the server as a crash does; what it leaves must be whole. */
  void kill() throws Exception {
    tally.count(Act.KILL);
    server.kill9();
    check.everyTemplateIsWhole();
  }

  /** What an answer says; null where there is none, or it is no success. */
  @Nullable JsonNode tried(Supplier<Client.Answer> request) {
    try {
      var answer = request.get();
      return answer.status() < 300 ? answer.ok() : null;
    } catch (RuntimeException e) {
      return null; // the server was killed, or has no room to write: nobody knows what was done
    }
  }

  /** As {@link #tried}, of an act that is over with its answer. */
  @Nullable JsonNode tried(Act act, Supplier<Client.Answer> request) {
    tally.begin(act);
    var answer = tried(request);
    if (answer != null) {
      tally.end(act);
    }
    return answer;
  }

  /** The names of what is listed, by id. */
  Map<String, String> listed(String path) {
    var found = new TreeMap<String, String>();
    String from = path + (path.contains("?") ? "&" : "?") + LIST;
    String after = "";
    JsonNode page;
    do {
      page = client().get(from + after).ok();
      for (var item : page.path("items")) {
        found.put(item.path("id").asText(), item.path("name").asText());
      }
      after = "&after=" + Client.encode(page.path("nextPage").asText());
    } while (page.path("hasMore").asBoolean());
    return found;
  }

  private List<String> arguments(String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--data", data.toString(), "--config", config.toString()));
    return all;
  }

  Program.Ended platen(String... arguments) {
    return Cli.run(arguments(arguments).toArray(String[]::new));
  }

  String succeeds(String... arguments) {
    var run = platen(arguments);
    assertThat(run.status())
        .as("platen %s: %s%s", String.join(" ", arguments), run.out(), run.err())
        .isZero();
    return run.out();
  }

  /** Begins a command, and kills it. Whether it was killed, and had not ended by itself. */
  boolean killed(long millis, String... arguments) throws Exception {
    var log = root.resolve("killed.log").toFile();
    var process =
        new ProcessBuilder(App.command(List.of(), arguments(arguments)))
            .redirectErrorStream(true)
            .redirectOutput(log)
            .start();
    boolean ended = process.waitFor(millis, TimeUnit.MILLISECONDS);
    process.destroyForcibly().waitFor();
    return !ended;
  }

  @Override
  public void close() throws IOException {
    server.close();
    try {
      Program.succeed("umount", "-l", data.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(data + " is left mounted", e);
    }
  }
}
