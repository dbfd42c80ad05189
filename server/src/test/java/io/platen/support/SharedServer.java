package io.platen.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One server for all tests that neither end it nor look into its files. Each test class has a team
 * of its own on it.
 */
public final class SharedServer {
  private static final AtomicInteger TEAMS = new AtomicInteger();
  private static @Nullable SharedServer shared;

  private final RunningServer server;
  private final Seed seed;

  private SharedServer(RunningServer server, Seed seed) {
    this.server = server;
    this.seed = seed;
  }

  /** The server, started at the first call; it ends with the tests. */
  public static synchronized SharedServer get() throws Exception {
    if (shared == null) {
      Path root = Files.createTempDirectory("platen-shared");
      var slow = SlowDisks.in(root);
      var server =
          RunningServer.start(root.resolve("data"), List.of(), Map.of("PATH", slow.path()));
      var started = new SharedServer(server, Seed.of(server));
      Runtime.getRuntime().addShutdownHook(new Thread(() -> started.end(root)));
      shared = started;
    }
    return shared;
  }

  private void end(Path root) {
    try {
      seed.close();
      server.close();
      Program.succeed("rm", "-r", root.toString());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The name of a team that no other test has. */
  public String team() {
    return "team " + TEAMS.incrementAndGet();
  }

  public RunningServer server() {
    return server;
  }

  public Seed seed() {
    return seed;
  }

  /** A small raw disk. */
  public Path disk(int bytes) throws IOException {
    Path file = Files.createTempFile(server.data().getParent(), "disk", ".raw");
    return Disks.random(file, bytes, bytes);
  }

  /** A raw disk of which a capture reads {@link SlowDisks#RATE} bytes per second. */
  public Path slowDisk(int bytes) throws IOException {
    Path file = Files.createTempFile(server.data().getParent(), "slow", ".raw");
    return Disks.random(file, bytes, bytes);
  }

  /** A client with a new key of this team. */
  public Client client(String team) {
    return server.client(seed.key(team));
  }
}
