import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Generations of one machine, each captured after the one before, by every tool into an empty store
 * of its own. Times are until the tool says that it is done, and do not count making the store.
 *
 * <p>Arguments: the platen launcher, a working directory, the rounds, the disks.
 */
final class Lineage {
  private final Path platen;
  private final Path work;
  private final List<Path> disks;
  private final Map<String, Result> results = new LinkedHashMap<>();

  /** What a tool took for each disk, and what its store has after all of them. */
  private record Result(List<List<Sample>> samples, List<Double> stored, List<Double> onDisk) {}

  /** A tool with an empty store. */
  private interface Keeper {
    Sample capture(Path disk) throws Exception;
  }

  private Lineage(Path platen, Path work, List<Path> disks) {
    this.platen = platen;
    this.work = work;
    this.disks = disks;
  }

  public static void main(String[] args) throws Exception {
    var disks = new ArrayList<Path>();
    for (int i = 3; i < args.length; i++) {
      disks.add(Path.of(args[i]));
    }
    var lineage = new Lineage(Path.of(args[0]), Path.of(args[1]), disks);
    int rounds = Integer.parseInt(args[2]);
    for (int round = 1; round <= rounds; round++) {
      System.err.println("round " + round + " of " + rounds);
      lineage.round();
    }
    lineage.print();
  }

  private void round() throws Exception {
    Path store = work.resolve("store");
    Files.createDirectory(store);
    try (var server = PlatenServer.start(platen, work.resolve("platen"))) {
      all("Platen", server.data().resolve("store.castr"), disk -> platen(server, disk));
    }
    Tool.delete(work.resolve("platen"));
    all("qemu-img, zstd qcow2", store, disk -> qemuImg(store, disk));
    empty(store);
    var quiet = Map.of("BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK", "yes", "BORG_BASE_DIR", work.toString());
    Tool.run(quiet, "borg", "init", "-e", "none", store.resolve("repo"));
    all(
        "borg, fixed chunks, zstd,1",
        store,
        disk ->
            Tool.time(
                quiet, "borg", "create", "--chunker-params", "fixed,1048576", "-C", "zstd,1",
                store.resolve("repo") + "::" + disk.getFileName(), disk));
    empty(store);
    var password =
        Map.of("RESTIC_PASSWORD", "bench", "RESTIC_CACHE_DIR", work.resolve("restic-cache").toString());
    Tool.run(password, "restic", "init", "-r", store);
    all("restic", store, disk -> Tool.time(password, "restic", "backup", "-q", "-r", store, disk));
    empty(store);
    all(
        "casync, 1 MiB chunks",
        store,
        disk ->
            Tool.time(
                "casync", "make", "--digest=sha256", "--chunk-size=1048576",
                "--store=" + store.resolve("default.castr"), store.resolve(disk.getFileName() + ".caibx"), disk));
    Tool.delete(store);
  }

  private static Sample platen(PlatenServer server, Path disk) throws Exception {
    String machine = server.adopt(disk);
    Tool.run("sync");
    return server.capture(machine).sample();
  }

  private static Sample qemuImg(Path store, Path disk) throws Exception {
    return Tool.time(
        "qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-c", "-o", "compression_type=zstd",
        "-m", "16", "-W", disk, store.resolve(disk.getFileName() + ".qcow2"));
  }

  private static void empty(Path store) throws Exception {
    Tool.delete(store);
    Files.createDirectory(store);
  }

  private void all(String name, Path store, Keeper keeper) throws Exception {
    var result = results.computeIfAbsent(name, _ -> result());
    for (int i = 0; i < disks.size(); i++) {
      Tool.run("dd", "if=" + disks.get(i), "of=/dev/null", "bs=1M", "status=none");
      Tool.run("sync");
      var sample = keeper.capture(disks.get(i));
      System.err.printf(
          "  %-28s %s %7.2f s %7.2f s cpu%n", name, disks.get(i).getFileName(), sample.seconds(), sample.cpu());
      result.samples().get(i).add(sample);
    }
    result.stored().add(Tool.bytes(store) / 1e6);
    result.onDisk().add(Tool.onDisk(store) / 1e6);
  }

  private Result result() {
    var samples = new ArrayList<List<Sample>>();
    disks.forEach(disk -> samples.add(new ArrayList<>()));
    return new Result(samples, new ArrayList<>(), new ArrayList<>());
  }

  private void print() throws IOException {
    var head = new StringBuilder("| tool |");
    var line = new StringBuilder("|---|");
    for (Path disk : disks) {
      head.append(" ").append(disk.getFileName()).append(" |");
      line.append("---|");
    }
    System.out.println(head + " stored, MB | / restic's | on disk, MB | / restic's |");
    System.out.println(line + "---|---|---|---|");
    var restic = results.get("restic");
    results.forEach(
        (name, result) -> {
          var row = new StringBuilder("| ").append(name).append(" |");
          result
              .samples()
              .forEach(of -> row.append(" %.2f s |".formatted(Sample.median(of, Sample::seconds))));
          System.out.println(
              row
                  + beside(result.stored(), restic.stored())
                  + beside(result.onDisk(), restic.onDisk()));
        });
  }

  private static String beside(List<Double> ours, List<Double> theirs) {
    double median = Sample.median(ours);
    return " %.0f | %.2f |".formatted(median, median / Sample.median(theirs));
  }
}
