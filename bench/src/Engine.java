import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Captures and launches beside qemu-img, the tool people would otherwise use: each round measures
 * both sides, one after the other.
 *
 * <p>Arguments: the platen launcher, a working directory, the disks v2 and v3, the rounds.
 */
final class Engine {
  private static final int WARM_LAUNCHES = 10;

  private final Path platen;
  private final Path work;
  private final Path v2;
  private final Path v3;
  private final Map<String, List<Sample>> samples = new LinkedHashMap<>();

  private Engine(Path platen, Path work, Path v2, Path v3) {
    this.platen = platen;
    this.work = work;
    this.v2 = v2;
    this.v3 = v3;
  }

  public static void main(String[] args) throws Exception {
    var engine = new Engine(Path.of(args[0]), Path.of(args[1]), Path.of(args[2]), Path.of(args[3]));
    int rounds = Integer.parseInt(args[4]);
    for (int round = 1; round <= rounds; round++) {
      System.err.println("round " + round + " of " + rounds);
      engine.round(round == 1);
    }
    engine.print();
  }

  private void round(boolean check) throws Exception {
    cache(v2);
    cache(v3);
    Path image = work.resolve("v2.qcow2");
    compress(v2, image, "qemu-img v2");
    try (var server = PlatenServer.start(platen, work.resolve("adopted"))) {
      capture(server, v2, "first capture");
      compress(v3, work.resolve("v3.qcow2"), "qemu-img v3");
      capture(server, v3, "adopted");
      stop(server);
    }
    try (var server = PlatenServer.start(platen, work.resolve("launched"))) {
      String template = server.capture(server.adopt(v2)).objectId();
      settle();
      Path raw = work.resolve("v2.out.raw");
      Sample convert = Tool.time("qemu-img", "convert", "-f", "qcow2", "-O", "raw", image, raw);
      add("qemu-img to raw", convert);
      add("qemu-img to raw + sync", Sample.sum(convert, Tool.time("sync", raw)));
      Files.delete(raw);
      settle();
      var cold = server.launch(template, 50);
      add("cold launch", cold.sample());
      settle();
      warm(server, template, 50);
      warm(server, template, 16000);
      Path base = only(server.data().resolve("cache"));
      if (check) {
        Tool.run("cmp", base, v2);
      }
      change(server, base, cold.objectId());
      settle();
      var changed = server.capture(cold.objectId());
      add("launched", changed.sample());
      if (check) {
        checkChanged(server, changed.objectId());
      }
      stop(server);
    }
  }

  private void compress(Path disk, Path image, String name) throws Exception {
    Files.deleteIfExists(image);
    settle();
    Sample convert =
        Tool.time(
            "qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-c", "-o", "compression_type=zstd",
            "-m", "16", "-W", disk, image);
    add(name, convert);
    add(name + " + sync", Sample.sum(convert, Tool.time("sync", image)));
  }

  private void capture(PlatenServer server, Path disk, String name) throws Exception {
    String machine = server.adopt(disk);
    settle();
    add(name, server.capture(machine).sample());
  }

  private void warm(PlatenServer server, String template, int gigabytes) throws Exception {
    for (int i = 0; i < WARM_LAUNCHES; i++) {
      var done = server.launch(template, gigabytes);
      add("warm launch, " + gigabytes + " GB", new Sample(done.millis() / 1000.0, done.sample().cpu()));
    }
  }

  /** Gives the machine's disk what v3 has and v2 has not: the clusters its guest would have written. */
  private void change(PlatenServer server, Path base, String machine) throws Exception {
    Path directory = server.data().resolve("machines/" + machine);
    Path disk = directory.resolve("disk.qcow2");
    Path changed = directory.resolve("changed.qcow2");
    Tool.run("qemu-img", "create", "-q", "-f", "qcow2", "-b", v3, "-F", "raw", changed);
    Tool.run("qemu-img", "rebase", "-q", "-f", "qcow2", "-b", base, "-F", "raw", changed);
    String name = directory.relativize(base).toString();
    Tool.run("qemu-img", "rebase", "-q", "-u", "-f", "qcow2", "-b", name, "-F", "raw", changed);
    Tool.run("qemu-img", "resize", "-q", "-f", "qcow2", changed, "50G");
    Tool.run("mv", changed, disk);
  }

  private void checkChanged(PlatenServer server, String template) throws Exception {
    var machine = server.launch(template, 50);
    Path disk = server.data().resolve("machines/" + machine.objectId() + "/disk.qcow2");
    // What is behind the end of the shorter one has to be zeros.
    Tool.run("qemu-img", "compare", "-q", "-f", "qcow2", "-F", "raw", disk, v3);
  }

  private static Path only(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.findFirst().orElseThrow();
    }
  }

  private static void stop(PlatenServer server) throws Exception {
    server.close();
    Tool.delete(server.data());
    settle();
  }

  /** The page cache has the disk. */
  private static void cache(Path disk) throws Exception {
    Tool.run("dd", "if=" + disk, "of=/dev/null", "bs=1M", "status=none");
  }

  /** No one pays for what another one wrote. */
  private static void settle() throws Exception {
    Tool.run("sync");
  }

  private void add(String name, Sample sample) {
    System.err.printf("  %-24s %7.3f s  %7.2f s cpu%n", name, sample.seconds(), sample.cpu());
    samples.computeIfAbsent(name, _ -> new ArrayList<>()).add(sample);
  }

  private void print() {
    System.out.println("| measure | Platen | qemu-img | ratio | with sync | cpu ratio | to reach |");
    System.out.println("|---|---|---|---|---|---|---|");
    row("first capture of v2", "first capture", "qemu-img v2", "<= 0.5");
    row("capture of v3, adopted raw disk", "adopted", "qemu-img v3", "<= 0.3");
    row("capture of v3, launched from v2", "launched", "qemu-img v3", "<= 0.06");
    row("cold launch of v2", "cold launch", "qemu-img to raw", "<= 0.7");
    for (String size : List.of("50", "16000")) {
      var warm = samples.get("warm launch, " + size + " GB");
      System.out.printf(
          "| warm launch, %s GB | %.0f ms | | | | | <= 100 ms |%n",
          size, 1000 * Sample.median(warm, Sample::seconds));
    }
  }

  private void row(String title, String ours, String theirs, String target) {
    var a = samples.get(ours);
    var b = samples.get(theirs);
    System.out.printf(
        "| %s | %.2f s | %.2f s | %.3f | %.3f | %.3f | %s |%n",
        title,
        Sample.median(a, Sample::seconds),
        Sample.median(b, Sample::seconds),
        Sample.ratio(a, b, Sample::seconds),
        Sample.ratio(a, samples.get(theirs + " + sync"), Sample::seconds),
        Sample.ratio(a, b, Sample::cpu),
        target);
  }
}
