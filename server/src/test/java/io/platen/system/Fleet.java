package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.Index;
import io.platen.config.ConfigFile;
import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.s3store.BucketKeys;
import io.platen.s3store.CephGateway;
import io.platen.s3store.FaultyServer;
import io.platen.s3store.S3Location;
import io.platen.site.Site;
import io.platen.support.BucketConfig;
import io.platen.support.Cli;
import io.platen.support.Disks;
import io.platen.support.PrivatePostgres;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.TcpProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Nodes with a bucket and a database in common: each a process with a data directory of its own,
 * and with ways of its own to both, which can be cut.
 */
final class Fleet {
  private final Path root;
  private final S3Location location = CephGateway.location();
  private final PrivatePostgres postgres = PrivatePostgres.start();
  private final Map<String, Node> nodes = new TreeMap<>();
  private @Nullable String key;
  private @Nullable Connection connection;

  /** A node, and its ways to the store and to the database. */
  record Node(RunningServer server, Path config, FaultyServer s3, TcpProxy database) {}

  Fleet(Path root) throws Exception {
    this.root = root;
  }

  /**
   * Starts a node.
   *
   * @param more lines of its configuration
   */
  Node start(String name, String... more) throws Exception {
    var s3 = new FaultyServer(Objects.requireNonNull(location.endpoint()));
    var database = new TcpProxy(postgres.port());
    Path config =
        config(
            name, postgres.url().replace(":" + postgres.port(), ":" + database.port()), s3, more);
    List<String> options = new ArrayList<>(List.of("--config", config.toString()));
    if (String.join("\n", more).contains("hypervisor:")) {
      options.add("--hypervisor=libvirt");
    }
    String[] all = options.toArray(String[]::new);
    var server =
        key == null
            ? RunningServer.start(root.resolve(name), all)
            : RunningServer.startWithKey(root.resolve(name), key, all);
    key = server.key();
    var node = new Node(server, config, s3, database);
    nodes.put(name, node);
    return node;
  }

  /** A configuration with this bucket and a database. */
  Path config(String name, String database, FaultyServer s3, String... more) throws IOException {
    return BucketConfig.write(
        root.resolve(name + ".yaml"), name, database, location, s3.endpoint(), more);
  }

  Node node(String name) {
    return Objects.requireNonNull(nodes.get(name));
  }

  Map<String, Node> nodes() {
    return nodes;
  }

  PrivatePostgres postgres() {
    return postgres;
  }

  /** The first column of the first row. */
  String text(String query) throws SQLException {
    return texts(query).getFirst();
  }

  /** The first column of all rows. */
  synchronized List<String> texts(String query) throws SQLException {
    try (var statement = connection().createStatement();
        var rows = statement.executeQuery(query)) {
      List<String> found = new ArrayList<>();
      while (rows.next()) {
        found.add(String.valueOf(rows.getString(1)));
      }
      return found;
    }
  }

  synchronized void execute(String statement) throws SQLException {
    try (var update = connection().createStatement()) {
      update.executeUpdate(statement);
    }
  }

  /** One for all, since each new one is a process of PostgreSQL's. */
  private Connection connection() throws SQLException {
    var open = connection;
    if (open == null || !open.isValid(5)) {
      open = DriverManager.getConnection(postgres.url());
      connection = open;
    }
    return open;
  }

  String nodeOf(String machine) throws SQLException {
    return text("SELECT node FROM machine WHERE id = '%s'".formatted(machine));
  }

  /** Has machines be placed on this node alone; on any where it is empty. */
  void placeOn(String name) throws SQLException {
    execute(
        "UPDATE node SET is_draining = CASE WHEN '%s' IN ('', name) THEN 0 ELSE 1 END"
            .formatted(name));
  }

  /** Runs a command beside a node; returns what it printed. */
  String command(String name, String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    var node = node(name);
    all.addAll(
        List.of("--config", node.config().toString(), "--data", node.server().data().toString()));
    var ended = Cli.run(all.toArray(String[]::new));
    assertThat(ended.status()).as(ended.err()).isZero();
    return ended.out();
  }

  private String url(String path) {
    return "%s/%s/%s/%s".formatted(location.endpoint(), location.bucket(), location.prefix(), path);
  }

  BucketKeys keys() throws IOException {
    return BucketKeys.list(location);
  }

  /** Restores a template with casync, over HTTP from the bucket, and compares. */
  void assertHolds(String template, Path disk) throws Exception {
    String session = text("SELECT index_session FROM template WHERE id = '%s'".formatted(template));
    List<String> command = new ArrayList<>(List.of("casync", "extract"));
    for (var store : keys().stores()) {
      command.add((command.size() == 2 ? "--store=" : "--extra-store=") + url(store));
    }
    Path restored = Files.createTempFile(root, "extract", ".raw");
    command.add(url("index/%s.%s.caibx".formatted(template, session)));
    command.add(restored.toString());
    Program.succeed(command.toArray(String[]::new));
    assertThat(Files.mismatch(restored, disk)).as(template).isEqualTo(-1);
    Files.delete(restored);
  }

  /** Compares the disk of a launched machine. */
  void assertIs(String machine, Path disk) throws Exception {
    Disks.assertLaunched(root.resolve(nodeOf(machine)), machine, disk);
  }

  /**
   * After a collection with nothing under way: the bucket has the indexes that are needed, each
   * with its manifest, and the chunks that they name; and nothing else.
   */
  void assertClean() throws Exception {
    BucketKeys keys = keys();
    Set<String> needed =
        new TreeSet<>(
            texts(
                """
                SELECT t.id || '.' || t.index_session FROM template t
                WHERE t.index_session IS NOT NULL AND (t.dt_purged IS NULL OR EXISTS (
                  SELECT 1 FROM machine m WHERE m.dt_removed IS NULL AND t.id IN (m.base_template_id, m.other_template_id)))
                """));
    assertThat(keys.indexes()).isEqualTo(needed);
    assertThat(keys.manifests()).isEqualTo(needed);
    Set<ChunkId> named = new HashSet<>();
    ServerConfig config =
        ConfigFile.read(nodes.values().iterator().next().config(), null, null, root.resolve("x"));
    try (var database = Database.openAsIs(postgres.url(), config.node())) {
      var indexes = Site.of(config, database).indexes();
      for (var each : needed) {
        try (Index index = indexes.open(each.substring(0, each.indexOf('.')))) {
          for (Index.Ids ids = index.ids(); ids.hasNext(); ) {
            named.add(ids.next());
          }
        }
      }
    }
    assertThat(keys.chunks()).isEqualTo(named);
  }

  /** Ends and removes all of it. */
  void close() throws Exception {
    for (var node : nodes.values()) {
      node.server().close();
      node.s3().close();
      node.database().close();
    }
    postgres.remove();
  }
}
