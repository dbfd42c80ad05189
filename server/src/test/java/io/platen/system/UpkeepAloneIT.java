package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.app.Platen;
import io.platen.chunkstore.ChunkId;
import io.platen.config.ServerConfig;
import io.platen.disk.DiskFormat;
import io.platen.support.Cli;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import io.platen.support.Store;
import java.io.ByteArrayOutputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Upkeep where no server runs, where one dies that was asked, and by itself where it is due. */
final class UpkeepAloneIT {
  private static final int BYTES = 5 << 20;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir private Path root;

  private Program.Ended platen(String command, String... arguments) {
    var all = new ArrayList<String>();
    all.add(command);
    all.addAll(List.of(arguments));
    all.add("--data");
    all.add(root.resolve("data").toString());
    return Cli.run(all.toArray(String[]::new));
  }

  /**
   * Makes what runs now and then due at once, as a night would.
   *
   * @param data what the task has noted
   */
  private void makeDue(String task, byte @Nullable [] data) throws Exception {
    try (var connection =
            DriverManager.getConnection("jdbc:sqlite:" + root.resolve("data/platen.db"));
        var update =
            connection.prepareStatement(
                "UPDATE upkeep_job SET execution_time = 0, task_data = ? WHERE task_name = ?")) {
      update.setBytes(1, data);
      update.setString(2, task);
      assertThat(update.executeUpdate()).as(task).isEqualTo(1);
    }
  }

  private static byte[] serialized(int number) throws Exception {
    var data = new ByteArrayOutputStream();
    try (var out = new ObjectOutputStream(data)) {
      out.writeObject(number);
    }
    return data.toByteArray();
  }

  @Test
  void theWorkIsDoneByWhoeverHasTheDataDirectoryAndByItselfWhenItIsDue() throws Exception {
    Path data = root.resolve("data");
    var store = new Store(data);
    Path raw = disk("disk", 1);
    try (var server = RunningServer.start(data);
        var seed = Seed.of(server)) {
      var client = server.client();
      var machine = seed.adopt(raw, DiskFormat.RAW);
      var first = client.captured(machine, "first");
      var garbage = store.chunks(first);
      Program.succeed("qemu-io", "-f", "raw", "-c", "write -P 9 1M 1M", raw.toString());
      var second = client.captured(machine, "second");
      garbage.removeAll(store.chunks(second));
      assertThat(garbage).hasSize(1);
      var scrubbed = client.captured(seed.adopt(disk("scrubbed", 2), DiskFormat.RAW), "scrubbed");
      var deleted = client.captured(seed.adopt(disk("deleted", 3), DiskFormat.RAW), "deleted");
      client.purge(first);

      // The server is asked, but it hangs, and then it dies: the command does the work.
      Program.succeed("kill", "-STOP", Long.toString(server.pid()));
      try (var thread = Executors.newSingleThreadExecutor()) {
        var collecting = thread.submit(() -> platen("gc"));
        await("the request").atMost(LIMIT).until(() -> requests() == 1);
        assertThat(collecting.isDone()).isFalse();
        server.kill9();
        var ended = collecting.get();
        assertThat(ended.status()).as(ended.err()).isZero();
        assertThat(ended.out()).contains("removed 1 chunks");
      }
      assertThat(garbage).allSatisfy(id -> assertThat(store.chunk(id)).doesNotExist());
      Disks.assertHolds(data, second, raw);

      // Nobody runs: commands do it themselves. An import is a capture too, and heals.
      var lost = store.chunks(second).iterator().next();
      Store.flip(store.chunk(lost));
      assertThat(platen("verify").status()).isEqualTo(1);
      assertThat(store.chunk(lost)).exists();
      var repaired = platen("verify", "--repair");
      assertThat(repaired.status()).isEqualTo(1);
      assertThat(repaired.out()).contains("set 1 chunks aside").contains(second);
      assertThat(platen("template", "list").out()).contains("damaged");
      var imported = platen("import", raw.toString(), "--format", "raw", "--name", "same");
      assertThat(imported.status()).as(imported.err()).isZero();
      assertThat(platen("storage").out()).contains(second).contains("(OS templates)");

      // What the next start, and the night, bring.
      delete(data, deleted);
      var chunks = new ArrayList<>(store.chunks(deleted));
      chunks.removeAll(store.chunks(second));
      assertThat(chunks).isNotEmpty().allSatisfy(id -> assertThat(store.chunk(id)).exists());
      var bad = store.chunks(scrubbed).iterator().next();
      Store.flip(store.chunk(bad));
      makeDue("collect", null);
      makeDue("scrub", serialized((int) (ChunkId.ofHex(bad).word0() >>> 56)));
      server.startAgain();
      var again = server.client();
      await("the template to be whole")
          .atMost(LIMIT)
          .until(() -> again.get("/custom-templates/" + second).text().contains("true"));
      await("the collection")
          .atMost(LIMIT)
          .until(() -> chunks.stream().noneMatch(id -> Files.exists(store.chunk(id))));
      await("the scrub")
          .atMost(LIMIT)
          .until(() -> server.log().contains("template " + scrubbed + " (scrubbed) is damaged"));
      assertThat(server.log()).contains("chunk " + bad + " is corrupt");
      // It only tells.
      assertThat(store.chunk(bad)).exists();
      Disks.assertHolds(data, second, raw);
    }
  }

  private Path disk(String name, int seed) throws Exception {
    return Disks.random(root.resolve(name + ".raw"), BYTES, seed);
  }

  private static void delete(Path data, String template) throws Exception {
    try (var platen = Platen.open(ServerConfig.defaults(data), InstantSource.system())) {
      var team =
          platen.templates().listAll().stream()
              .filter(some -> some.id().equals(template))
              .map(some -> String.valueOf(some.teamId()))
              .findAny()
              .orElseThrow();
      // As a server would that is killed right after: the index is still there.
      Path index = data.resolve("index").resolve(template + ".caibx");
      byte[] bytes = Files.readAllBytes(index);
      platen.templates().purge(team, template);
      Files.write(index, bytes);
    }
  }

  private int requests() throws Exception {
    try (var connection =
            DriverManager.getConnection("jdbc:sqlite:" + root.resolve("data/platen.db"));
        var query = connection.prepareStatement("SELECT COUNT(*) FROM upkeep_request");
        var rows = query.executeQuery()) {
      return rows.next() ? rows.getInt(1) : 0;
    }
  }
}
