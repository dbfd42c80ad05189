package io.platen.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.platen.app.Platen;
import io.platen.client.Table;
import io.platen.config.ServerConfig;
import io.platen.event.Event;
import io.platen.linux.OwnerOnly;
import io.platen.process.ChildProcess;
import io.platen.process.Command;
import io.platen.process.Limits;
import io.platen.process.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

@CommandLine.Command(
    name = "demo",
    description = {
      "Tells the whole story on a real disk, with the commands that you would type: a disk of this host's own files is",
      "captured, launched at a larger size, compared, changed and captured again."
    },
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
  private static final Program MKE2FS =
      new Program("mke2fs", "e2fsprogs", "e2fsprogs on every distribution");
  private static final Program QEMU_IO =
      new Program("qemu-io", "qemu-utils", "Fedora and RHEL: qemu-img; Arch: qemu-img");
  private static final Program DU =
      new Program("du", "coreutils", "coreutils on every distribution");
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private static final long DISK = 4L << 30;

  /**
   * How much of the host's files goes onto the disk: enough to see something, little enough for a
   * minute.
   */
  private static final long FILES_AT_LEAST = 50L << 20;

  private static final long FILES_AT_MOST = 600L << 20;
  private static final List<String> CANDIDATES =
      List.of(
          "/usr/bin", "/usr/lib/x86_64-linux-gnu", "/usr/share", "/usr/lib", "/usr/sbin", "/etc");

  private static final int CHANGED = 4 << 20;

  @Option(names = "--keep", description = "Leaves the demo's directory in place at the end.")
  private boolean keep;

  private int step;

  @Override
  public Integer call() throws Exception {
    Path root = Files.createTempDirectory("platen-demo");
    boolean told = false;
    try {
      run(root);
      told = true;
      return 0;
    } finally {
      if (keep || !told) {
        System.err.println("Everything is left in " + root);
      } else {
        OwnerOnly.deleteTree(root);
      }
    }
  }

  private void run(Path root) throws Exception {
    Path data = root.resolve("data");
    Path disk = root.resolve("machine.raw");
    Path files = hostFiles();
    step(
        "A disk of this host's own files: %s on ext4, %d GiB, at %s"
            .formatted(files, DISK >> 30, disk));
    makeDisk(files, disk);
    step("A server on an empty data directory");
    System.err.printf("   $ platen serve --data %s%n", data);
    try (var server = DemoServer.start(DemoShell.launcher(), data);
        var platen = Platen.open(ServerConfig.defaults(data), InstantSource.system())) {
      System.err.printf("   export PAPERSPACE_API_URL=%s%n", server.url());
      System.err.println("   export PAPERSPACE_API_KEY=...");
      story(data, disk, new DemoShell(server.url(), server.key()), platen);
    }
  }

  private void story(Path data, Path disk, DemoShell shell, Platen platen) throws Exception {
    step("The disk becomes a machine; it stays where it is, and is only read");
    shell.run(
        "machine",
        "adopt",
        "--name",
        "demo",
        "--disk",
        "" + disk,
        "--format",
        "raw",
        "--data",
        "" + data);

    step("A template of it");
    shell.run("template", "create", "--machine", "demo", "--name", "golden", "--wait");

    step("A new machine from the template, with 50 GB");
    String machine =
        shell.run(
            "machine",
            "create",
            "--template",
            "golden",
            "--type",
            "C5",
            "--size",
            "50",
            "--name",
            "copy",
            "--no-start",
            "--wait");
    Path copy = data.resolve("machines").resolve(machine).resolve("disk.qcow2");

    step("Both disks hold the same bytes");
    System.err.printf("   $ qemu-img compare %s %s%n", disk, copy);
    System.err.println("   " + compare(disk, copy));

    step("4 MiB of the new machine's disk change, and it is captured too");
    // Bytes that the store does not have, and can't make smaller.
    byte[] change = new byte[CHANGED];
    new Random().nextBytes(change);
    Path changes = Files.write(data.resolveSibling("changes"), change);
    run(
        QEMU_IO,
        List.of("-f", "qcow2", "-c", "write -s " + changes + " 512M 4M", copy.toString()),
        copy);
    shell.run("machine", "capture", "copy", "--name", "golden-2", "--wait");
    shell.run("template", "list");
    shell.run("event", "list");

    var events = new JsonMapper().readTree(shell.ask("event", "list", "--json")).path("items");
    var table = new Table("", "DISK", "BYTES ON DISK", "BYTES READ", "BYTES STORED", "SECONDS");
    // The newest is the first.
    row(table, "first capture", DISK, allocated(disk), ended(platen, events.path(2)));
    row(table, "launch", 50L << 30, allocated(copy), ended(platen, events.path(1)));
    row(
        table,
        "capture after the change",
        50L << 30,
        allocated(copy),
        ended(platen, events.path(0)));
    System.err.println();
    table.print(System.out);
    System.err.println(
        "What comes from the store, or goes to it, is counted as it is there: compressed.");
  }

  private static void row(Table table, String what, long size, long allocated, Event event) {
    var started = event.dtStarted();
    var finished = event.dtFinished();
    double seconds =
        started == null || finished == null
            ? 0
            : Duration.between(event.dtCreated(), finished).toMillis() / 1000.0;
    table.row(
        what,
        "%d GiB".formatted(size >> 30),
        mib(allocated),
        mib(event.traffic().bytesRead()),
        mib(event.traffic().bytesStored()),
        "%.2f".formatted(seconds));
  }

  private static String mib(long bytes) {
    return "%.1f MiB".formatted(bytes / (double) (1 << 20));
  }

  private static Event ended(Platen platen, JsonNode event) {
    return platen.events().find(event.path("id").asText()).orElseThrow();
  }

  private void step(String text) {
    step++;
    System.err.println();
    System.err.println(step + ". " + text);
  }

  /** A directory of this host with a fair amount of files that this user may read. */
  private static Path hostFiles() throws IOException {
    for (var name : CANDIDATES) {
      Path directory = Path.of(name).toRealPath();
      long size = size(directory);
      if (size >= FILES_AT_LEAST && size <= FILES_AT_MOST) {
        return directory;
      }
    }
    throw new IOException(
        "none of %s holds 50 to 600 MiB of files that can be read; run the demo as root"
            .formatted(CANDIDATES));
  }

  /** Bytes of the files in a directory; more than any limit where one of them can't be read. */
  private static long size(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      long sum = 0;
      for (var file : (Iterable<Path>) files::iterator) {
        if (Files.isSymbolicLink(file)) {
          continue;
        }
        if (!Files.isReadable(file) || sum > FILES_AT_MOST) {
          return Long.MAX_VALUE;
        }
        sum += Files.isRegularFile(file) ? Files.size(file) : 0;
      }
      return sum;
    } catch (UncheckedIOException e) {
      return Long.MAX_VALUE;
    }
  }

  private static void makeDisk(Path files, Path disk) throws IOException, InterruptedException {
    List<String> arguments =
        List.of(
            "-q",
            "-F",
            "-t",
            "ext4",
            "-L",
            "demo",
            "-d",
            files.toString(),
            disk.toString(),
            (DISK >> 10) + "k");
    ChildProcess.run(
        new Command(MKE2FS, arguments, new Limits(4L << 30, LIMIT, 2 * DISK), 0), LIMIT);
  }

  private static void run(Program program, List<String> arguments, Path written)
      throws IOException, InterruptedException {
    long limit = Files.size(written) + 16L * CHANGED;
    ChildProcess.run(new Command(program, arguments, new Limits(4L << 30, LIMIT, limit), 0), LIMIT);
  }

  private static String compare(Path disk, Path copy) throws IOException, InterruptedException {
    var arguments =
        List.of("compare", "-f", "raw", "-F", "qcow2", disk.toString(), copy.toString());
    var out =
        ChildProcess.run(
            new Command(Program.QEMU_IMG, arguments, Limits.reading(DISK), 1 << 16), LIMIT);
    return new String(out, StandardCharsets.UTF_8).lines().reduce((_, last) -> last).orElseThrow();
  }

  /** Bytes that a file takes of its storage. */
  private static long allocated(Path file) throws IOException, InterruptedException {
    var arguments = List.of("--block-size=1", file.toString());
    var command = new Command(DU, arguments, Limits.inspection(), 1 << 16);
    String out = new String(ChildProcess.run(command, LIMIT), StandardCharsets.UTF_8);
    return Long.parseLong(out.split("\\s", 2)[0]);
  }
}
