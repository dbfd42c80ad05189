package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.s3store.CephGateway;
import io.platen.s3store.FaultyServer;
import io.platen.s3store.FaultyServer.Fate;
import io.platen.s3store.S3Location;
import io.platen.support.App;
import io.platen.support.Cli;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.PrivatePostgres;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A single host is moved to PostgreSQL and to a bucket of Ceph's gateway. */
final class MigrateIT {
  private static final int CHUNKS = 20;
  private static final int BEFORE_THE_KILL = 8;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path root;

  private final S3Location location = CephGateway.location();

  @SuppressWarnings("NullAway.Init")
  private FaultyServer s3;

  @SuppressWarnings("NullAway.Init")
  private PrivatePostgres postgres;

  private Path data() {
    return root.resolve("data");
  }

  @BeforeEach
  void start() throws Exception {
    s3 = new FaultyServer(Objects.requireNonNull(location.endpoint()));
    postgres = PrivatePostgres.start();
  }

  @AfterEach
  void end() throws Exception {
    postgres.remove();
    s3.close();
  }

  private Path config(String name, String more) throws Exception {
    Path file =
        Files.createFile(
            root.resolve(name),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(file, "database: %s\n%s".formatted(postgres.url(), more));
  }

  private Path bucket() throws Exception {
    var keys = Objects.requireNonNull(location.credentials());
    return config(
        "fleet.yaml",
        """
        node: first
        stores:
          main:
            s3: {endpoint: "%s", bucket: %s, prefix: %s, accessKey: %s, secretKey: %s}
        """
            .formatted(
                s3.endpoint(),
                location.bucket(),
                location.prefix(),
                keys.accessKey(),
                keys.secretKey()));
  }

  private Program.Ended migrate(Path to) {
    return Cli.run("migrate", "--to", to.toString(), "--data", data().toString());
  }

  /** What the host had before, and its key. */
  private record Before(Path disk, String template, String deleted, String machine, String key) {}

  private Before host() throws Exception {
    Path disk = Disks.random(root.resolve("disk.raw"), (long) CHUNKS << 20, 1);
    try (var server = RunningServer.start(data())) {
      var client = server.client();
      String machine;
      try (var seed = Seed.of(server)) {
        machine = seed.machine("default", "source", disk, Files.size(disk));
      }
      String template = client.captured(machine, "kept");
      String deleted = client.captured(machine, "deleted");
      client.delete("/custom-templates/" + deleted).ok();
      var refused = migrate(bucket());
      assertThat(refused.status()).isNotZero();
      assertThat(refused.err()).contains("a server, or another command, works on");
      server.terminate();
      return new Before(disk, template, deleted, machine, server.key());
    }
  }

  private void killAfterSomePuts(Path config) throws Exception {
    var puts = new AtomicInteger();
    var enough = new CountDownLatch(1);
    s3.rule(
        (method, request) -> {
          if (!method.equals("PUT")
              || !request.contains(".cacnk")
              || puts.incrementAndGet() <= BEFORE_THE_KILL) {
            return Fate.PASS;
          }
          enough.countDown();
          return Fate.BUSY;
        });
    var process =
        new ProcessBuilder(
                App.command(
                    List.of(),
                    List.of("migrate", "--to", config.toString(), "--data", data().toString())))
            .redirectErrorStream(true)
            .redirectOutput(root.resolve("killed.log").toFile())
            .start();
    try {
      assertThat(enough.await(1, TimeUnit.MINUTES)).as("it copies").isTrue();
    } finally {
      process.destroyForcibly().waitFor();
    }
    s3.rule((method, request) -> Fate.PASS);
  }

  @Test
  void aKilledMigrationIsContinuedAndTheBucketHasEverything() throws Exception {
    var before = host();
    Path config = root.resolve("fleet.yaml");
    killAfterSomePuts(config);

    // Until all is done the source works, and the target does not.
    assertThat(Cli.run("key", "list", "--data", data().toString()).status()).isZero();
    var early = Cli.run("key", "list", "--config", config.toString(), "--data", root + "/new");
    assertThat(early.err()).contains("being filled from").contains(data().toString());

    s3.forget();
    var chunkPuts = new AtomicInteger();
    s3.rule(
        (method, request) -> {
          if (method.equals("PUT") && request.contains(".cacnk")) {
            chunkPuts.incrementAndGet();
          }
          return Fate.PASS;
        });
    var moved = migrate(config);
    assertThat(moved.err()).contains("2 templates and snapshots").contains("Start the server with");
    assertThat(moved.status()).isZero();
    assertThat(chunkPuts.get())
        .as("puts of what was missing")
        .isBetween(1, CHUNKS - BEFORE_THE_KILL);

    var again = migrate(config);
    assertThat(again.status()).isZero();
    assertThat(again.err()).contains("was already moved to " + shown());
    assertTheOldDatabaseIsRefused();
    assertTheTargetWorks(config, before);
    anotherInstallationIsRefused(config);
  }

  private String shown() {
    return postgres.url().replaceFirst("\\?.*", "");
  }

  private void assertTheOldDatabaseIsRefused() throws Exception {
    var plain = Cli.run("key", "list", "--data", data().toString());
    assertThat(plain.status()).isNotZero();
    assertThat(plain.err()).contains(shown()).contains("--config");
    Path old =
        Files.writeString(
            root.resolve("old.yaml"), "database: jdbc:sqlite:" + data().resolve("platen.db"));
    for (var command : List.of("key list", "backup", "serve --port 0 --hypervisor none")) {
      var words =
          with(
              List.of("--config", old.toString(), "--data", data().toString()), command.split(" "));
      var named = command.startsWith("serve") ? App.run(words) : Cli.run(words);
      assertThat(named.status()).as(command).isNotZero();
      assertThat(named.err())
          .as(command)
          .contains("was moved to " + shown())
          .contains("--config " + root.resolve("fleet.yaml"));
    }
  }

  private String url(String key) {
    return "%s/%s/%s/%s".formatted(location.endpoint(), location.bucket(), location.prefix(), key);
  }

  private String session(String template) throws Exception {
    try (var connection = DriverManager.getConnection(postgres.url());
        var query =
            connection.prepareStatement("SELECT index_session FROM template WHERE id = ?")) {
      query.setString(1, template);
      try (var rows = query.executeQuery()) {
        assertThat(rows.next()).isTrue();
        return String.valueOf(rows.getLong(1));
      }
    }
  }

  private void assertTheTargetWorks(Path config, Before before) throws Exception {
    try (var server =
        RunningServer.startWithKey(data(), before.key(), "--config", config.toString())) {
      Client client = server.client();
      client.post("/custom-templates/" + before.deleted() + "/undelete", Map.of()).ok();
      Path extracted = root.resolve("extracted.raw");
      for (var template : List.of(before.template(), before.deleted())) {
        Program.succeed(
            "casync",
            "extract",
            "--store=" + url("store.castr"),
            url("index/%s.%s.caibx".formatted(template, session(template))),
            extracted.toString());
        assertThat(Files.mismatch(extracted, before.disk())).isEqualTo(-1);
        Files.delete(extracted);
      }
      String launched = client.launched(before.template(), 50, "launched");
      Disks.assertLaunched(data(), launched, before.disk());
      // Its machine is there, and what is captured of it is known to be stored.
      s3.forget();
      client.captured(before.machine(), "again");
      assertThat(s3.count("PUT")).isLessThan(6);
      assertThat(Cli.run("gc", "--config", config.toString(), "--data", data().toString()).out())
          .contains("removed 0 chunks");
      server.terminate();
    }
  }

  private void anotherInstallationIsRefused(Path config) throws Exception {
    Path other = root.resolve("other");
    assertThat(Cli.run("key", "create", "--data", other.toString()).status()).isZero();
    var onDatabase = Cli.run("migrate", "--to", config.toString(), "--data", other.toString());
    assertThat(onDatabase.status()).isNotZero();
    assertThat(onDatabase.err()).contains("another installation's");

    Path free =
        Files.writeString(
            root.resolve("free.yaml"),
            Files.readString(config).replace("/postgres?", "/template1?"));
    Files.setPosixFilePermissions(free, PosixFilePermissions.fromString("rw-------"));
    var onBucket = Cli.run("migrate", "--to", free.toString(), "--data", other.toString());
    assertThat(onBucket.status()).isNotZero();
    assertThat(onBucket.err()).contains("belongs to another database");
    assertThat(Cli.run("key", "list", "--data", other.toString()).status()).isZero();
  }

  @Test
  void onlyTheDatabaseIsMovedWhereTheStoreStaysInTheDirectory() throws Exception {
    assertThat(Cli.run("key", "create", "--data", data().toString()).status()).isZero();
    Path config = config("database.yaml", "node: first\n");
    var moved = migrate(config);
    assertThat(moved.err()).contains("Moved").contains("0 chunks");
    assertThat(moved.status()).isZero();
    var there = List.of("--config", config.toString(), "--data", data().toString());
    assertThat(Cli.run(with(there, "key", "list")).out()).contains("default");
    assertThat(Cli.run(with(there, "node", "list")).out()).contains("first");
    assertThat(Cli.run(with(there, "store", "attach")).err()).contains("belong together already");
    assertThat(Cli.run("key", "list", "--data", data().toString()).status()).isNotZero();
  }

  private static String[] with(List<String> options, String... command) {
    var words = new ArrayList<>(List.of(command));
    words.addAll(options);
    return words.toArray(String[]::new);
  }
}
