import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Launches of one template over several nodes of a database: how many a second, and how evenly they
 * are spread. The nodes have no hypervisor, and all have the base image.
 *
 * <p>Arguments: the platen launcher, a working directory, the URL of a PostgreSQL, the nodes, the
 * launches of a round, the rounds.
 */
final class Nodes {
  private static final int CLIENTS = 16;
  private static final int REST_SECONDS = 120;
  private static final int IDLE_SECONDS = 30;
  private static final int BYTES = 2 << 20;

  private final Path platen;
  private final Path work;
  private final String database;
  private final List<PlatenServer> nodes = new ArrayList<>();

  private Nodes(Path platen, Path work, String database) {
    this.platen = platen;
    this.work = work;
    this.database = database;
  }

  public static void main(String[] args) throws Exception {
    var bench = new Nodes(Path.of(args[0]), Path.of(args[1]), args[2]);
    try {
      bench.run(Integer.parseInt(args[3]), Integer.parseInt(args[4]), Integer.parseInt(args[5]));
    } finally {
      for (var node : bench.nodes) {
        node.close();
      }
    }
  }

  private void run(int count, int launches, int rounds) throws Exception {
    nodes.add(PlatenServer.start(platen, work.resolve("n1"), options(1)));
    for (int i = 2; i <= count; i++) {
      nodes.add(PlatenServer.join(nodes.getFirst(), work.resolve("n" + i), options(i)));
    }
    String template = template();
    giveBaseImage(template);
    launch(template, launches); // what the servers do for the first time
    idle();
    System.out.println("| round | launches | seconds | a second | ms of processor each | fewest and most on a node |");
    System.out.println("|---|---|---|---|---|---|");
    for (int round = 1; round <= rounds; round++) {
      String before = query("SELECT max(dt_created) FROM machine");
      double cpu = cpu();
      double seconds = launch(template, launches);
      System.out.printf(
          "| %d | %d | %.2f | %.0f | %.1f | %s |%n",
          round,
          launches,
          seconds,
          launches / seconds,
          (cpu() - cpu) * 1000 / launches,
          spread(before));
    }
  }

  /** Of the nodes, with the programs they ran. */
  private double cpu() throws Exception {
    double seconds = 0;
    for (var node : nodes) {
      seconds += node.cpu();
    }
    return seconds;
  }

  private String[] options(int number) throws Exception {
    Path config = work.resolve("n" + number + ".yaml");
    // The machines are small and many: what they may be given in all is not what is measured.
    Files.writeString(
        config,
        """
        database: %s
        node: n%d
        overcommit: {cpus: 1000, memory: 1000, disk: 1000}
        """
            .formatted(database, number));
    return new String[] {"--hypervisor=none", "--config", config.toString()};
  }

  private String template() throws Exception {
    Path disk = work.resolve("disk.raw");
    byte[] bytes = new byte[BYTES];
    new Random(1).nextBytes(bytes);
    try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.write(bytes);
    }
    var first = nodes.getFirst();
    String config = work.resolve("n1.yaml").toString();
    String template = first.capture(first.adopt(disk, "--config", config)).objectId();
    first.launch(template, 50);
    return template;
  }

  /** Copies it to every node: how it gets there is not what is measured. */
  private void giveBaseImage(String template) throws Exception {
    Path image;
    try (var images = Files.list(work.resolve("n1/cache"))) {
      image = images.filter(file -> file.toString().endsWith(".raw")).findFirst().orElseThrow();
    }
    for (int i = 2; i <= nodes.size(); i++) {
      Path copy = work.resolve("n" + i).resolve("cache").resolve(image.getFileName());
      Path part = copy.resolveSibling("part");
      Files.copy(image, part);
      Files.move(part, copy, StandardCopyOption.ATOMIC_MOVE);
    }
    String all = Integer.toString(nodes.size());
    while (!query("SELECT count(*) FROM node_image").equals(all)) {
      Thread.sleep(200);
    }
  }

  /** Launches by clients that ask each node in turn; returns the seconds until the last is done. */
  private double launch(String template, int launches) throws Exception {
    long start = System.nanoTime();
    try (var clients = Executors.newFixedThreadPool(CLIENTS)) {
      var asked = new ArrayList<Future<?>>();
      for (int i = 0; i < launches; i++) {
        var node = nodes.get(i % nodes.size());
        asked.add(clients.submit(() -> node.beginLaunch(template, 50)));
      }
      for (var one : asked) {
        one.get();
      }
    }
    while (!query("SELECT count(*) FROM event WHERE dt_finished IS NULL").equals("0")) {
      Thread.sleep(50);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    String failed = query("SELECT count(*) FROM event WHERE state <> 'done'");
    if (!failed.equals("0")) {
      throw new IllegalStateException(failed + " events are not done");
    }
    return seconds;
  }

  /** What nodes ask of the database that have nothing to do. */
  private void idle() throws Exception {
    Thread.sleep(REST_SECONDS * 1000L); // connections that nobody needs are closed by then
    double before = transactions();
    double cpu = cpu();
    Thread.sleep(IDLE_SECONDS * 1000L);
    double asked = (transactions() - before) / IDLE_SECONDS / nodes.size();
    System.out.printf(
        "A node at rest: %.1f transactions a second, %.1f %% of a processor, %s connections.%n%n",
        asked,
        (cpu() - cpu) * 100 / IDLE_SECONDS / nodes.size(),
        query(
            "SELECT round((count(*) - 1.0) / %d, 1) FROM pg_stat_activity WHERE backend_type = 'client backend'"
                .formatted(nodes.size())));
  }

  private double transactions() throws Exception {
    return Double.parseDouble(
        query("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = 'postgres'"));
  }

  private String spread(String before) throws Exception {
    return query(
        """
        SELECT min(machines) || ' and ' || max(machines) FROM (
          SELECT node, count(*) AS machines FROM machine WHERE dt_created > %s GROUP BY node) AS on_node
        """
            .formatted(before));
  }

  private String query(String sql) throws Exception {
    return Tool.run("psql", database.substring("jdbc:".length()), "--no-psqlrc", "--tuples-only", "--no-align", "-c", sql).strip();
  }
}
