package io.platen.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A PostgreSQL of the tests' own, in a directory of its own, run by the user postgres. */
public final class PrivatePostgres {
  private final Path directory;
  private final int port;

  private PrivatePostgres(Path directory, int port) {
    this.directory = directory;
    this.port = port;
  }

  /** Makes a cluster and starts it; it answers when this returns. */
  public static PrivatePostgres start() throws Exception {
    Path directory = Files.createTempDirectory("platen-postgres");
    if (isRoot()) {
      Program.succeed("chown", "postgres", directory.toString());
    }
    var made = new PrivatePostgres(directory, Ports.free());
    made.run(
        "initdb",
        "--pgdata=" + directory.resolve("cluster"),
        "--auth=trust",
        "--username=platen",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync");
    made.startAgain();
    return made;
  }

  private static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  /** Of the versions that Debian keeps side by side, the newest. */
  private static Path programs() throws IOException {
    try (var versions = Files.list(Path.of("/usr/lib/postgresql"))) {
      return versions.max(Path::compareTo).orElseThrow().resolve("bin");
    }
  }

  private void run(String program, String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    if (isRoot()) {
      // It refuses to run as root.
      command.addAll(List.of("runuser", "-u", "postgres", "--"));
    }
    command.add(programs().resolve(program).toString());
    command.addAll(Arrays.asList(arguments));
    var ended = Program.run(command);
    if (ended.status() != 0) {
      throw new IOException(program + ": " + ended.out() + ended.err());
    }
  }

  public void startAgain() throws IOException, InterruptedException {
    String options =
        "-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s"
            .formatted(port, directory);
    run(
        "pg_ctl",
        "--pgdata=" + directory.resolve("cluster"),
        "--log=" + directory.resolve("log"),
        "--options=" + options,
        "--wait",
        "start");
  }

  /** Ends it as a crash does, connections and all. */
  public void stop() throws IOException, InterruptedException {
    run("pg_ctl", "--pgdata=" + directory.resolve("cluster"), "--mode=immediate", "--wait", "stop");
  }

  public int port() {
    return port;
  }

  public String url() {
    return "jdbc:postgresql://127.0.0.1:%d/postgres?user=platen".formatted(port);
  }

  /** What it has logged. */
  public String log() throws IOException {
    return Files.readString(directory.resolve("log"));
  }

  /** Ends it and removes all of it. */
  public void remove() throws IOException, InterruptedException {
    stop();
    Program.succeed("rm", "-r", directory.toString());
  }
}
