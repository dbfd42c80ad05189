package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.Index;
import io.platen.disk.DiskFormat;
import io.platen.s3store.BucketKeys;
import io.platen.s3store.CephGateway;
import io.platen.s3store.FaultyServer;
import io.platen.s3store.FaultyServer.Fate;
import io.platen.s3store.S3Location;
import io.platen.support.Cli;
import io.platen.support.Disks;
import io.platen.support.PrivatePostgres;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two regions with stores of their own, in buckets of Ceph's gateway, and a node in each. */
final class DistributeIT {
  private static final int CHUNKS = 6;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path root;

  private final S3Location main = CephGateway.location();
  private final S3Location local = CephGateway.location();

  /** Before the bucket of the other region. */
  @SuppressWarnings("NullAway.Init")
  private FaultyServer s3;

  /** Before the bucket of the region that templates are captured in. */
  @SuppressWarnings("NullAway.Init")
  private FaultyServer home;

  @SuppressWarnings("NullAway.Init")
  private PrivatePostgres postgres;

  @BeforeEach
  void start() throws Exception {
    s3 = new FaultyServer(Objects.requireNonNull(local.endpoint()));
    home = new FaultyServer(Objects.requireNonNull(main.endpoint()));
    postgres = PrivatePostgres.start();
  }

  @AfterEach
  void end() throws Exception {
    postgres.remove();
    s3.close();
    home.close();
  }

  private Path config(String node, String region) throws Exception {
    var keys = Objects.requireNonNull(main.credentials());
    Path file =
        Files.createFile(
            root.resolve(node + ".yaml"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(
        file,
        """
        node: %s
        region: %s
        database: %s
        stores:
          main:
            s3: {endpoint: "%s", bucket: %s, prefix: %s, accessKey: %s, secretKey: %s}
          local:
            s3: {endpoint: "%s", bucket: %s, prefix: %s, accessKey: %s, secretKey: %s}
          side: {directory: "%s"}
        regions: {ny2: main, ca1: side, ams1: local}
        """
            .formatted(
                node,
                region,
                postgres.url(),
                home.endpoint(),
                main.bucket(),
                main.prefix(),
                keys.accessKey(),
                keys.secretKey(),
                s3.endpoint(),
                local.bucket(),
                local.prefix(),
                keys.accessKey(),
                keys.secretKey(),
                side()));
  }

  private Path side() {
    return root.resolve("side");
  }

  private String text(String query) throws Exception {
    try (var connection = DriverManager.getConnection(postgres.url());
        var statement = connection.createStatement();
        var rows = statement.executeQuery(query)) {
      assertThat(rows.next()).as(query).isTrue();
      return String.valueOf(rows.getString(1));
    }
  }

  private static String url(S3Location store, String key) {
    return "%s/%s/%s/%s".formatted(store.endpoint(), store.bucket(), store.prefix(), key);
  }

  /** Restores a template with casync from a store, and compares. */
  private void assertHolds(S3Location store, String table, String template, Path disk)
      throws Exception {
    String key = table.equals("template") ? "id" : "template_id";
    String session =
        text("SELECT index_session FROM %s WHERE %s = '%s'".formatted(table, key, template));
    Path restored = root.resolve("extracted.raw");
    Program.succeed(
        "casync",
        "extract",
        "--store=" + url(store, "store.castr"),
        url(store, "index/%s.%s.caibx".formatted(template, session)),
        restored.toString());
    assertThat(Files.mismatch(restored, disk)).isEqualTo(-1);
    Files.delete(restored);
  }

  private static void collect(RunningServer node, Path config) throws Exception {
    var ended = Cli.run("gc", "--config", config.toString(), "--data", node.data().toString());
    assertThat(ended.status()).as(ended.err()).isZero();
  }

  private Path disk(String name, long number) throws Exception {
    return Disks.random(root.resolve(name + ".raw"), (long) CHUNKS << 20, number);
  }

  @Test
  void templatesGoToOtherRegionsAndAreRootsThere() throws Exception {
    Path first = config("a", "ny2");
    Path second = config("b", "ams1");
    try (var a = RunningServer.start(root.resolve("a"), "--config", first.toString());
        var b =
            RunningServer.startWithKey(root.resolve("b"), a.key(), "--config", second.toString())) {
      Path golden = disk("golden", 1);
      Path other = disk("other", 2);
      String template;
      String launchedThere;
      try (var seed = Seed.of(a, first)) {
        template = a.client().captured(seed.adopt(golden, DiskFormat.RAW), "golden");
        launchedThere = a.client().captured(seed.adopt(other, DiskFormat.RAW), "other");
      }
      whereRegionsShareAStoreNothingIsCopied(a, template);
      distributed(a, template, golden);
      launched(b, launchedThere, other);
      lostAtHome(a, first, launchedThere, other, template);
      rootsInBothStores(a, first, b, second, template, golden);
      intoADirectory(a, first, b, second, template, golden);
      purged(a, first, b, second, template);
      killedWhileItMends(a, first, launchedThere, other);
      assertHolds(local, "template_copy", launchedThere, other);
    }
  }

  /** A database that was put back, from before anything was copied. */
  @Test
  void anOlderDatabaseFindsCopiesAgainAndLosesNothingThatIsNeeded() throws Exception {
    Path first = config("a", "ny2");
    Path second = config("b", "ams1");
    Path golden = disk("golden", 1);
    String template;
    try (var a = RunningServer.start(root.resolve("a"), "--config", first.toString());
        var b =
            RunningServer.startWithKey(root.resolve("b"), a.key(), "--config", second.toString())) {
      try (var seed = Seed.of(a, first)) {
        template = a.client().captured(seed.adopt(golden, DiskFormat.RAW), "golden");
      }
      run("backup", a, first);
      a.client().awaitDone(distribute(a, template, "ams1"));
      a.terminate();
      b.terminate();
      execute("DROP SCHEMA public CASCADE");
      execute("CREATE SCHEMA public");
      run("restore", a, first, "--yes");
      assertThat(text("SELECT COUNT(*) FROM template_copy")).isEqualTo("0");

      // Without more ado it is garbage there, and the template is as it was.
      collect(a, first);
      collect(b, second);
      assertHolds(main, "template", template, golden);
      assertThat(BucketKeys.list(local).indexes()).isEmpty();
      assertThat(BucketKeys.list(local).chunks()).isEmpty();
      b.startAgain();
      b.client().awaitDone(distribute(b, template, "ams1"));
      assertHolds(local, "template_copy", template, golden);

      // Asked for, it is found.
      b.terminate();
      execute("DELETE FROM template_copy");
      assertThat(run("store recover", b, second, "--yes"))
          .containsPattern("(?m)^1 +are copies of another store's, known again$");
      collect(b, second);
      assertHolds(local, "template_copy", template, golden);
    }
  }

  /** Runs a command on the data directory of a server; returns what it printed. */
  private static String run(String command, RunningServer server, Path config, String... more) {
    var all = new ArrayList<>(List.of(command.split(" ")));
    all.addAll(List.of("--config", config.toString(), "--data", server.data().toString()));
    all.addAll(List.of(more));
    var ended = Cli.run(all.toArray(String[]::new));
    assertThat(ended.status()).as(ended.err()).isZero();
    return ended.out();
  }

  private void execute(String statement) throws Exception {
    try (var connection = DriverManager.getConnection(postgres.url());
        var update = connection.createStatement()) {
      update.executeUpdate(statement);
    }
  }

  private JsonNode distribute(RunningServer node, String template, String region) {
    return node.client()
        .post("/custom-templates/" + template + "/distribute", Map.of("region", region))
        .ok();
  }

  private void whereRegionsShareAStoreNothingIsCopied(RunningServer node, String template)
      throws Exception {
    var answer = distribute(node, template, "East Coast (NY2)");
    var shown = node.client().get("/custom-templates/" + template).ok();
    assertThat(answer.path("data")).isEqualTo(shown);
    var event = answer.path("event");
    assertThat(event.path("name").asText()).isEqualTo("template-distribute");
    assertThat(event.path("state").asText()).isEqualTo("done");
    assertThat(event.path("machineId").isNull()).isTrue();
    assertThat(text("SELECT COUNT(*) FROM template_copy")).isEqualTo("0");
    var client = node.client();
    String path = "/custom-templates/" + template + "/distribute";
    client.post(path, Map.of("region", "nowhere")).invalid("region");
    client.post(path, Map.of()).invalid("region");
    client
        .post("/custom-templates/tnone/distribute", Map.of("region", "ny2"))
        .error(404, "NOT_FOUND");
  }

  private void distributed(RunningServer node, String template, Path disk) throws Exception {
    node.client().awaitDone(distribute(node, template, "ams1"));
    assertHolds(local, "template_copy", template, disk);
    // It is there: nothing is left to do.
    s3.forget();
    var again = distribute(node, template, "ams1").path("event");
    assertThat(again.path("state").asText()).isEqualTo("done");
    assertThat(s3.count("PUT")).isZero();
  }

  /** A launch copies what its region's store lacks, and says so. */
  private void launched(RunningServer node, String template, Path disk) throws Exception {
    var isHeld = new AtomicBoolean(true);
    s3.rule(
        (method, request) ->
            isHeld.get() && method.equals("PUT") && request.contains(".cacnk")
                ? Fate.BUSY
                : Fate.PASS);
    var client = node.client();
    var begun =
        client
            .post(
                "/machines",
                Map.of(
                    "name", "there",
                    "machineType", "C5",
                    "templateId", template,
                    "diskSize", 50,
                    "region", "ams1"))
            .ok();
    String progress = "/machine-events/" + begun.path("event").path("id").asText() + "/progress";
    await("the phase")
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> client.get(progress).ok().path("phase").asText().equals("distributing"));
    isHeld.set(false);
    String machine = client.awaitDone(begun).path("id").asText();
    assertHolds(local, "template_copy", template, disk);
    Disks.assertLaunched(root.resolve("b"), machine, disk);
  }

  /** What its own store loses of a template, the other region's has. */
  private void lostAtHome(
      RunningServer node, Path config, String template, Path disk, String another)
      throws Exception {
    String index = index(template);
    var chunks = chunks(index);
    BucketKeys.lose(main, BucketKeys.key(chunks.get(0)));
    BucketKeys.spoil(main, BucketKeys.key(chunks.get(1)), new byte[] {1, 2, 3});
    // Without any index it looks as if it were another store.
    BucketKeys.lose(main, index);
    BucketKeys.lose(main, index(another));

    var begun =
        node.client()
            .post(
                "/machines",
                Map.of(
                    "name", "home",
                    "machineType", "C5",
                    "templateId", template,
                    "diskSize", 50,
                    "region", "ny2"))
            .ok();
    Disks.assertLaunched(node.data(), node.client().awaitDone(begun).path("id").asText(), disk);

    var verified = verify(node, config, template);
    assertThat(verified.status()).isEqualTo(1);
    assertThat(verified.out())
        .contains("platen verify %s --repair\" fetches what is lost".formatted(template));
    var repaired = verify(node, config, "--repair");
    assertThat(repaired.status()).as(repaired.out() + repaired.err()).isZero();
    assertThat(repaired.out())
        .contains(
            "%s: fetched 2 chunks".formatted(template),
            "%s: fetched 0 chunks".formatted(another),
            "and its index from the store local",
            template + " is whole again",
            "set 1 chunks aside");
    assertThat(text("SELECT COUNT(*) FROM store_chunk WHERE store = 'main'")).isEqualTo("0");
    assertThat(text("SELECT COUNT(*) FROM store_session")).isEqualTo("0");

    assertHolds(main, "template", template, disk);
  }

  private String index(String template) throws Exception {
    return "index/%s.%s.caibx"
        .formatted(
            template,
            text("SELECT index_session FROM template WHERE id = '%s'".formatted(template)));
  }

  /** The index that is to be put back is held up, and the server dies. */
  private void killedWhileItMends(RunningServer node, Path config, String template, Path disk)
      throws Exception {
    String index = index(template);
    BucketKeys.lose(main, BucketKeys.key(chunks(index).get(2)));
    BucketKeys.lose(main, index);
    var isReached = new CountDownLatch(1);
    home.rule(
        (method, request) -> {
          if (!method.equals("PUT") || !request.contains(".caibx")) {
            return Fate.PASS;
          }
          isReached.countDown();
          return Fate.BUSY;
        });
    try (var thread = Executors.newSingleThreadExecutor()) {
      var repair = thread.submit(() -> verify(node, config, "--repair"));
      assertThat(isReached.await(60, TimeUnit.SECONDS)).isTrue();
      node.kill9();
      home.rule((method, request) -> Fate.PASS);
      // Without a server the command does it.
      var ended = repair.get(60, TimeUnit.SECONDS);
      assertThat(ended.status()).as(ended.out() + ended.err()).isZero();
      assertThat(ended.out()).contains("and its index from the store local", template);
    }
    assertThat(text("SELECT COUNT(*) FROM store_session")).isEqualTo("0");
    collect(node, config);
    assertHolds(main, "template", template, disk);
  }

  private List<ChunkId> chunks(String index) throws Exception {
    Path file = root.resolve("fetched.caibx");
    try (var in = URI.create(url(main, index)).toURL().openStream()) {
      Files.copy(in, file);
    }
    var ids = new ArrayList<ChunkId>();
    try (var opened = Index.open(file)) {
      for (var each = opened.ids(); each.hasNext(); ) {
        ids.add(each.next());
      }
    }
    Files.delete(file);
    return ids;
  }

  private static Program.Ended verify(RunningServer node, Path config, String argument) {
    return Cli.run(
        "verify", argument, "--config", config.toString(), "--data", node.data().toString());
  }

  /** Into a directory that is one node's, and out of it. */
  private void intoADirectory(
      RunningServer node, Path first, RunningServer other, Path second, String template, Path disk)
      throws Exception {
    var unserved = distribute(node, template, "ca1").path("event");
    assertThat(unserved.path("state").asText()).isEqualTo("error");
    assertThat(unserved.path("error").asText()).contains("no node that uses the store side");
    Path config = config("c", "ca1");
    try (var c =
            RunningServer.startWithKey(
                root.resolve("c"), node.key(), "--config", config.toString());
        var seed = Seed.of(c, config)) {
      // The original is damaged, and the other copy whole but for another chunk.
      var chunks = chunks(index(template));
      BucketKeys.lose(main, BucketKeys.key(chunks.get(0)));
      BucketKeys.lose(local, BucketKeys.key(chunks.get(1)));
      BucketKeys.lose(main, index(template));
      node.client().awaitDone(distribute(node, template, "ca1"));
      for (var mended :
          List.of(run("verify --repair", node, first), run("verify --repair", other, second))) {
        assertThat(mended).contains(template + ": fetched 1 chunks", template + " is whole again");
      }
      assertHolds(main, "template", template, disk);
      assertHolds(local, "template_copy", template, disk);
      Path restored = root.resolve("extracted.raw");
      Program.succeed(
          "casync",
          "extract",
          "--store=" + side().resolve("store.castr"),
          side().resolve("index/" + template + ".caibx").toString(),
          restored.toString());
      assertThat(Files.mismatch(restored, disk)).isEqualTo(-1);
      Files.delete(restored);
      assertThat(root.resolve("c/store.castr")).doesNotExist();
      String there = c.client().captured(seed.adopt(disk, DiskFormat.RAW), "there");
      var begun =
          node.client()
              .post(
                  "/machines",
                  Map.of(
                      "name", "elsewhere",
                      "machineType", "C5",
                      "templateId", there,
                      "diskSize", 50,
                      "region", "ny2"))
              .ok();
      assertThat(
              node.client()
                  .awaitEnd(begun.path("event").path("id").asText())
                  .path("error")
                  .asText())
          .contains("distribute it to ny2 first");
      await("what is left of that launch to be removed")
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  text("SELECT dt_removed IS NOT NULL FROM machine WHERE name = 'elsewhere'")
                      .equals("t"));
      // The only node that can read it copies it into the bucket, from where it goes on.
      node.client().awaitDone(distribute(node, there, "ny2"));
      assertHolds(main, "template_copy", there, disk);
      Path index = side().resolve("index/" + there + ".caibx");
      byte[] bytes = Files.readAllBytes(index);
      Files.delete(index);
      assertThat(verify(c, config, "--repair").out())
          .contains(there + ": fetched 0 chunks", "and its index from the store main");
      assertThat(index).hasBinaryContent(bytes);
      assertThat(text("SELECT COUNT(*) FROM store_session")).isEqualTo("0");
      node.client().awaitDone(distribute(node, there, "ams1"));
      String alone = c.client().captured(seed.adopt(disk, DiskFormat.RAW), "alone");
      c.terminate();
      execute("UPDATE node SET dt_heartbeat = NULL WHERE name = 'c'");
      var late = distribute(node, alone, "ny2").path("event");
      assertThat(late.path("state").asText()).isEqualTo("error");
      assertThat(late.path("error").asText())
          .contains(
              "in the directory of the store side alone, and no node that uses that is at work");
      node.client().purge(there);
      node.client().purge(alone);
    }
  }

  private void rootsInBothStores(
      RunningServer a, Path first, RunningServer b, Path second, String template, Path disk)
      throws Exception {
    collect(a, first);
    collect(b, second);
    assertHolds(main, "template", template, disk);
    assertHolds(local, "template_copy", template, disk);
  }

  /** What is purged goes from both stores. */
  private void purged(RunningServer a, Path first, RunningServer b, Path second, String template)
      throws Exception {
    a.client().purge(template);
    await("the end of the manifests' outbox")
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> text("SELECT COUNT(*) FROM manifest_change WHERE store <> 'side'").equals("0"));
    collect(a, first);
    collect(b, second);
    for (var store : List.of(main, local)) {
      var keys = BucketKeys.list(store);
      assertThat(new TreeSet<>(keys.indexes()))
          .hasSize(1)
          .noneMatch(name -> name.startsWith(template));
      assertThat(new TreeSet<>(keys.manifests()))
          .hasSize(1)
          .noneMatch(name -> name.startsWith(template));
    }
  }
}
