import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Captures into a bucket and launches from it, beside restic and rclone on the same server: each
 * round measures all, one after the other, under keys of its own.
 *
 * <p>Arguments: the platen launcher, a working directory, the disk, a file with the lines that
 * {@code s3store/src/test/rgw start} prints, the rounds.
 */
final class Fleet {
  private static final int CHANGED_MIB = 20;

  /**
   * How often a client asks whether the server is done, which counts as the server's time. More
   * often, the questions take a tenth of the processors: each is new to the server, too.
   */
  private static final int POLL_MILLIS = 100;

  private final Path platen;
  private final Path work;
  private final Path disk;
  private final Map<String, String> s3;
  private final Gateway gateway;
  private final Map<String, List<Sample>> samples = new LinkedHashMap<>();

  /** Processor seconds of the gateway, for each sample. */
  private final Map<String, List<Double>> served = new LinkedHashMap<>();

  private final Map<String, List<Double>> figures = new LinkedHashMap<>();

  private Fleet(Path platen, Path work, Path disk, Map<String, String> s3) {
    this.platen = platen;
    this.work = work;
    this.disk = disk;
    this.s3 = s3;
    this.gateway = new Gateway(work.resolve("rgw"), s3.get("endpoint"), s3.get("bucket"));
  }

  public static void main(String[] args) throws Exception {
    Map<String, String> s3 = new HashMap<>();
    for (String line : Files.readAllLines(Path.of(args[3]))) {
      String[] pair = line.split("=", 2);
      s3.put(pair[0], pair[1]);
    }
    var fleet = new Fleet(Path.of(args[0]), Path.of(args[1]), Path.of(args[2]), s3);
    int rounds = Integer.parseInt(args[4]);
    for (int round = 1; round <= rounds; round++) {
      System.err.println("round " + round + " of " + rounds);
      fleet.round(round);
    }
    fleet.print();
  }

  private void round(int number) throws Exception {
    Tool.run("dd", "if=" + disk, "of=/dev/null", "bs=1M", "status=none");
    restic(number);
    String prefix = "bench/" + number;
    Path data = work.resolve("data" + number);
    Path config = work.resolve("platen" + number + ".yaml");
    Files.writeString(
        config,
        """
        stores:
          main:
            s3: {endpoint: '%s', bucket: %s, prefix: %s, accessKey: %s, secretKey: %s}
        """
            .formatted(
                s3.get("endpoint"), s3.get("bucket"), prefix, s3.get("access_key"), s3.get("secret_key")));
    try (var server = PlatenServer.start(platen, data, "--config", config.toString())) {
      String machine = server.adopt(disk);
      server.resetPeak();
      double cpu = gateway.cpu();
      var first = server.await(server.beginCapture(machine), POLL_MILLIS);
      add("first capture", first.sample(), cpu);
      cpu = gateway.cpu();
      add("cold launch", launch(server, first.objectId()), cpu);
      var launched = server.launch(first.objectId(), 50).objectId();
      Path overlay = data.resolve("machines/" + launched + "/disk.qcow2");
      Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P 0x5a 100M " + CHANGED_MIB + "M", overlay);
      cpu = gateway.cpu();
      add("derived capture", server.capture(launched).sample(), cpu);
      figure("peak of the server, MiB", server.peakResident() / 1048576.0);
    }
    Path copied = work.resolve("copied");
    String store = prefix + "/store.castr";
    // A bundle of authorities in the environment is of other servers, and makes rclone 1.60 stop.
    run(
        "rclone copy",
        List.of(
            "env",
            "--unset=AWS_CA_BUNDLE",
            "rclone",
            "copy",
            "--transfers=16",
            "--s3-provider=Ceph",
            "--s3-endpoint=" + s3.get("endpoint"),
            "--s3-access-key-id=" + s3.get("access_key"),
            "--s3-secret-access-key=" + s3.get("secret_key"),
            ":s3:" + s3.get("bucket") + "/" + store,
            copied.toString()));
    List<String> keys = keys(copied, store);
    double cpu = gateway.cpu();
    add("bare gets", new Sample(gateway.get(keys, 16), 0), cpu);
    figure("bytes stored by Platen, MB", Tool.bytes(copied) / 1e6);
    Tool.delete(copied);
    Tool.delete(data);
    Tool.run("sync");
  }

  private static Sample launch(PlatenServer server, String template) throws Exception {
    return server.await(server.beginLaunch(template, 50), POLL_MILLIS).sample();
  }

  private static List<String> keys(Path copied, String prefix) throws Exception {
    try (var files = Files.walk(copied)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> prefix + "/" + copied.relativize(file))
          .toList();
    }
  }

  private void restic(int number) throws Exception {
    List<String> restic =
        List.of(
            "env",
            "AWS_ACCESS_KEY_ID=" + s3.get("access_key"),
            "AWS_SECRET_ACCESS_KEY=" + s3.get("secret_key"),
            "RESTIC_PASSWORD=bench",
            "RESTIC_REPOSITORY=s3:%s/%s/restic%d".formatted(s3.get("endpoint"), s3.get("bucket"), number),
            "restic",
            "--no-cache",
            "--quiet");
    Tool.run(with(restic, "init").toArray());
    run("restic backup", with(restic, "backup", disk.toString()));
    Path restored = work.resolve("restored");
    run("restic restore", with(restic, "restore", "latest", "--target", restored.toString()));
    var onDisk = Tool.time("sync", "--file-system", restored);
    samples
        .computeIfAbsent("restic restore, on disk", _ -> new ArrayList<>())
        .add(Sample.sum(samples.get("restic restore").getLast(), onDisk));
    Tool.delete(restored);
    Tool.run("sync");
  }

  private static List<String> with(List<String> command, String... more) {
    var all = new ArrayList<>(command);
    all.addAll(List.of(more));
    return all;
  }

  private void run(String name, List<String> command) throws Exception {
    double cpu = gateway.cpu();
    add(name, Tool.time(command.toArray()), cpu);
  }

  /**
   * Notes a sample.
   *
   * @param cpu processor seconds of the gateway before it
   */
  private void add(String name, Sample sample, double cpu) throws Exception {
    double gateways = gateway.cpu() - cpu;
    System.err.printf(
        "  %-24s %7.3f s  %7.2f s cpu  %7.2f s cpu of the gateway%n",
        name, sample.seconds(), sample.cpu(), gateways);
    samples.computeIfAbsent(name, _ -> new ArrayList<>()).add(sample);
    served.computeIfAbsent(name, _ -> new ArrayList<>()).add(gateways);
  }

  private void figure(String name, double value) {
    figures.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
  }

  private void print() throws Exception {
    System.out.println("| measure | Platen | beside | ratio | to reach |");
    System.out.println("|---|---|---|---|---|");
    row("first capture, restic backup", "first capture", "restic backup", "<= 0.7");
    row("capture of what changed (20 MiB), restic backup", "derived capture", "restic backup", "<= 0.1");
    row("cold launch, restic restore", "cold launch", "restic restore", "<= 0.6");
    row("cold launch, restic restore, both on the disk at the end", "cold launch", "restic restore, on disk", "");
    row("cold launch, rclone copy", "cold launch", "rclone copy", "<= 1.3");
    figures.forEach((name, values) -> System.out.printf("| %s | %.0f | | | |%n", name, Sample.median(values)));
    System.out.printf("%nThe disk has %.0f MB of data.%n", Tool.onDisk(disk) / 1e6);
  }

  private void row(String title, String ours, String theirs, String target) {
    var a = samples.get(ours);
    var b = samples.get(theirs);
    System.out.printf(
        "| %s | %.2f s | %.2f s | %.3f | %s |%n",
        title,
        Sample.median(a, Sample::seconds),
        Sample.median(b, Sample::seconds),
        Sample.ratio(a, b, Sample::seconds),
        target);
  }
}
