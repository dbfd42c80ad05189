package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.s3store.BucketKeys;
import io.platen.s3store.CephGateway;
import io.platen.s3store.FaultyServer;
import io.platen.s3store.FaultyServer.Fate;
import io.platen.s3store.S3Location;
import io.platen.support.App;
import io.platen.support.BucketConfig;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.PrivatePostgres;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The server on PostgreSQL and a bucket of Ceph's gateway. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StoreInBucketIT {
  private static final int CHUNKS = 128;

  private final Path root;
  private final S3Location location;
  private final FaultyServer s3;
  private final PrivatePostgres postgres;
  private final Path config;
  private final RunningServer server;
  private final Seed seed;
  private final Client client;

  StoreInBucketIT(@TempDir Path root) throws Exception {
    this.root = root;
    location = CephGateway.location();
    s3 = new FaultyServer(Objects.requireNonNull(location.endpoint()));
    postgres = PrivatePostgres.start();
    config =
        BucketConfig.write(
            root.resolve("platen.yaml"), "one", postgres.url(), location, s3.endpoint());
    server = RunningServer.start(root.resolve("data"), "--config", config.toString());
    seed = Seed.of(server, config);
    client = server.client();
  }

  @AfterAll
  void end() throws Exception {
    seed.close();
    server.close();
    postgres.remove();
    s3.close();
  }

  private Path disk(String name, int chunks, long number) throws Exception {
    return Disks.random(root.resolve(name + ".raw"), (long) chunks << 20, number);
  }

  private String machine(String name, Path disk) throws Exception {
    return seed.machine("default", name, disk, Files.size(disk));
  }

  private String url(String key) {
    return "%s/%s/%s/%s".formatted(location.endpoint(), location.bucket(), location.prefix(), key);
  }

  /** The key of a template's index: that of the attempt that was published. */
  private String index(String template) throws Exception {
    try (var connection = DriverManager.getConnection(postgres.url());
        var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "SELECT index_session FROM template WHERE id = '%s'".formatted(template))) {
      assertThat(row.next()).isTrue();
      return "index/%s.%d.caibx".formatted(template, row.getLong(1));
    }
  }

  /** Restores a template with casync, over HTTP from the bucket, and compares. */
  private void assertHolds(String template, Path disk) throws Exception {
    Path restored = Files.createTempFile(root, "extract", ".raw");
    Program.succeed(
        "casync",
        "extract",
        "--store=" + url("store.castr"),
        url(index(template)),
        restored.toString());
    assertThat(Files.mismatch(restored, disk)).isEqualTo(-1);
    Files.delete(restored);
  }

  private String command(String... arguments) throws Exception {
    var all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--config", config.toString(), "--data", server.data().toString()));
    return App.succeed(all.toArray(String[]::new));
  }

  @Test
  void aDiskIsCapturedByARequestForEachNewChunkAndLaunchedExactly() throws Exception {
    Path disk = disk("first", CHUNKS, 1);
    String machine = machine("first", disk);
    long data = Files.readAllBytes(disk).length >> 20;
    s3.forget();
    String template = client.captured(machine, "first");
    assertThat(s3.count())
        .as("requests of a first capture")
        .isLessThanOrEqualTo((int) (data * 1.1));
    assertHolds(template, disk);

    // The same disk again, and nothing of it is asked for; what is counted are those for its index.
    var aboutChunks = new AtomicInteger();
    s3.rule(
        (method, request) -> {
          if (request.contains(".cacnk")) {
            aboutChunks.incrementAndGet();
          }
          return Fate.PASS;
        });
    String again = client.captured(machine, "again");
    assertThat(aboutChunks.get()).as("requests for chunks").isLessThanOrEqualTo(CHUNKS / 100);
    assertHolds(again, disk);

    String launched = client.launched(template, 50, "launched");
    Disks.assertLaunched(server.data(), launched, disk);
    s3.forget();
    client.launched(again, 50, "at once");
    assertThat(s3.count()).as("requests of a launch whose base image is there").isZero();

    // What it stands on is known to be there: of its own chunk one put, and perhaps a question.
    Program.succeed(
        "qemu-io",
        "-f",
        "qcow2",
        "-c",
        "write -P 0x5a 0 1M",
        server.data().resolve("machines/" + launched + "/disk.qcow2").toString());
    aboutChunks.set(0);
    client.captured(launched, "derived");
    assertThat(aboutChunks.get()).as("requests for chunks").isLessThanOrEqualTo(2);

    s3.rule((method, request) -> Fate.PASS);
    assertThat(command("verify")).contains("all are whole");
    assertThat(client.get("/custom-templates/" + template + "/storage").ok().path("storedBytes"))
        .isNotNull();
    assertThat(server.data().resolve("store.castr")).doesNotExist();
    assertThat(server.data().resolve("index")).isEmptyDirectory();
  }

  /** How many requests a command makes, or has the server make, for what this is part of. */
  private int requestsOf(String command, String part) throws Exception {
    var asked = new AtomicInteger();
    s3.rule(
        (method, request) -> {
          if (request.contains(part)) {
            asked.incrementAndGet();
          }
          return Fate.PASS;
        });
    command(command);
    s3.rule((method, request) -> Fate.PASS);
    return asked.get();
  }

  @Test
  void whatNothingNeedsIsCollectedAndTheRestStays() throws Exception {
    Path kept = disk("kept", 5, 2);
    Path gone = disk("gone", 6, 3);
    String template = client.captured(machine("kept", kept), "kept");
    String purged = client.captured(machine("gone", gone), "gone");
    String index = index(purged);
    client.purge(purged);
    assertThat(command("gc")).contains("kept");
    assertHolds(template, kept);
    assertThat(requestsOf("gc", "/manifest/" + template + "."))
        .as("requests for the manifest of what stays")
        .isOne();
    var missing = Program.run(List.of("casync", "extract", url(index), root + "/none.raw"));
    assertThat(missing.status()).isNotZero();
    // What was removed is stored again.
    assertHolds(client.captured(machine("gone again", gone), "gone again"), gone);
  }

  @Test
  void anOutageFailsTheCaptureWithItsReasonAndTheNextOneUsesWhatWasStored() throws Exception {
    Path disk = disk("outage", 24, 4);
    String machine = machine("outage", disk);
    var puts = new AtomicInteger();
    s3.rule(
        (method, request) ->
            method.equals("PUT") && puts.incrementAndGet() > 8 ? Fate.BUSY : Fate.PASS);
    String error = client.captureFails(machine);
    assertThat(error).contains("503").contains(s3.endpoint().toString());
    s3.rule((method, request) -> Fate.PASS);
    s3.forget();
    assertHolds(client.captured(machine, "after"), disk);
    assertThat(s3.count("PUT")).isLessThan(24);
  }

  @Test
  void theDoctorSaysWhereTheStoreIsAndNoSecret() throws Exception {
    var said = App.run("doctor", "--config", config.toString(), "--data", server.data().toString());
    assertThat(said.out())
        .contains(location.bucket() + "/" + location.prefix())
        .contains("conditional puts: honoured")
        .contains("objects are listed, put, got and deleted")
        .contains("with the store main")
        .contains("s from the server's");
    var keys = Objects.requireNonNull(location.credentials());
    assertThat(said.out() + said.err() + server.log()).doesNotContain(keys.secretKey());
    assertThat(said.out()).doesNotContain("the node one");
  }

  @Test
  void theDoctorOfANodeNamesWhoUsesAnotherStore() throws Exception {
    Path other = Files.copy(config, root.resolve("two.yaml"), StandardCopyOption.COPY_ATTRIBUTES);
    Files.writeString(
        other,
        Files.readString(config)
            .replace("node: one", "node: two")
            .replace("main:", "elsewhere:")
            .replace(": main", ": elsewhere"));
    var said =
        App.run("doctor", "--config", other.toString(), "--data", root.resolve("two").toString());
    assertThat(said.out())
        .contains("the node one in every region uses the store main")
        .contains("this configuration has elsewhere there");
    assertThat(said.status()).isNotZero();
  }

  /** A configuration with a database and a place in the bucket of its own. */
  private Path config(String file, String schema, String prefix) throws Exception {
    try (var connection = DriverManager.getConnection(postgres.url());
        var make = connection.createStatement()) {
      make.execute("CREATE SCHEMA " + schema);
    }
    Path made = Files.copy(config, root.resolve(file), StandardCopyOption.COPY_ATTRIBUTES);
    return Files.writeString(
        made,
        Files.readString(config)
            .replace(postgres.url(), postgres.url() + "&currentSchema=" + schema)
            .replace("prefix: " + location.prefix(), "prefix: " + prefix));
  }

  private S3Location at(String prefix) {
    return new S3Location(
        location.endpoint(),
        location.bucket(),
        prefix,
        location.region(),
        location.credentials(),
        location.authority());
  }

  private void loseDatabase(String schema) throws Exception {
    try (var connection = DriverManager.getConnection(postgres.url());
        var drop = connection.createStatement()) {
      drop.execute("DROP SCHEMA " + schema + " CASCADE");
    }
  }

  @Test
  void aLostDatabaseIsMadeAgainOfTheBucket() throws Exception {
    String prefix = location.prefix() + "-lost";
    Path first = config("first.yaml", "first", prefix);
    Path data = root.resolve("lost");
    String[] on = {"--config", first.toString(), "--data", data.toString()};
    Path disk = disk("lost", 8, 7);
    String kept;
    String since;
    String key;
    try (var lost = RunningServer.start(data, "--config", first.toString());
        var its = Seed.of(lost, first)) {
      key = lost.key();
      String machine = its.machine("default", "lost", disk, Files.size(disk));
      kept = lost.client().captured(machine, "kept");
      assertThat(App.succeed(with(on, "backup"))).contains(prefix + "/backup/metadata-");
      since = lost.client().captured(machine, "since");
      lost.kill9();
    }
    // As a collection had done since the backup, and then a capture.
    BucketKeys.moveOneToTheNextEpoch(at(prefix));
    loseDatabase("first");

    Path second = config("second.yaml", "second", prefix);
    String[] again = {"--config", second.toString(), "--data", data.toString()};
    var planned = App.run(with(again, "store", "recover", "--dry-run"));
    assertThat(planned.status()).as(planned.err()).isZero();
    assertThat(planned.err()).contains(prefix + "/backup/metadata-");
    assertThat(planned.out()).contains(since + "  since");
    var done = App.run(with(again, "store", "recover", "--yes"));
    assertThat(done.status()).as(done.err()).isZero();
    assertThat(done.out()).isEqualTo(planned.out());
    try (var recovered = RunningServer.startWithKey(data, key, "--config", second.toString())) {
      for (var template : List.of(kept, since)) {
        recovered.client().get("/custom-templates/" + template).ok();
        Disks.assertLaunched(
            data, recovered.client().launched(template, 50, "of " + template), disk);
      }
      var collected = App.run(with(again, "gc"));
      assertThat(collected.status()).as(collected.err()).isZero();
      assertThat(collected.out()).contains("removed 0 chunks");
      recovered.terminate();
    }

    // And of the dump alone.
    loseDatabase("second");
    Path third = config("third.yaml", "third", prefix);
    var restored =
        App.run("restore", "--yes", "--config", third.toString(), "--data", root + "/of-the-dump");
    assertThat(restored.status()).as(restored.err()).isZero();
    assertThat(restored.out()).containsPattern("template +1 +1\n");
  }

  private static String[] with(String[] options, String... command) {
    return Stream.concat(Stream.of(command), Stream.of(options)).toArray(String[]::new);
  }
}
