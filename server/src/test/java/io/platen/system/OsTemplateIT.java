package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.Cli;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.Program;
import io.platen.support.RunningServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** OS templates as whoever runs the server keeps them: by commands, beside the server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OsTemplateIT {
  private final RunningServer server;
  private final Client client;
  private final Path disk;
  private final Path index;

  OsTemplateIT(@TempDir Path root) throws Exception {
    server = RunningServer.start(root.resolve("data"));
    client = server.client();
    disk = Disks.random(root.resolve("disk.raw"), 1 << 20, 1 << 20);
    index = server.data().resolve("index");
  }

  @AfterAll
  void end() {
    server.close();
  }

  private Program.Ended platen(String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.add("--data=" + server.data());
    return Cli.run(all.toArray(String[]::new));
  }

  private Program.Ended imports(String id, Path image) {
    return platen("import", image.toString(), "--format=raw", "--name=Ubuntu", "--id=" + id);
  }

  private static void refused(Program.Ended ended, String words) {
    assertThat(ended.status()).isEqualTo(1);
    assertThat(ended.err()).contains(words);
  }

  private static void absent(Program.Ended ended) {
    assertThat(ended.status()).isEqualTo(3);
    assertThat(ended.err()).contains("There is no OS template");
  }

  private JsonNode list() {
    return client.get("/os-templates").ok().path("items");
  }

  @Test
  void anImportMayChooseTheIdThatClientsName() throws Exception {
    var imported = imports("t0nspur5", disk);
    assertThat(imported.status()).as(imported.err()).isZero();
    assertThat(imported.lastLine()).isEqualTo("t0nspur5");
    assertThat(list().findValuesAsText("id")).contains("t0nspur5");
    Disks.assertHolds(server.data(), "t0nspur5", disk);
    var machine = client.launched("t0nspur5", 50, "a well-known one");

    refused(imports("t0nspur5", disk), "There is a template with it");
    for (var odd :
        List.of("T0NSPUR5", "t", "x0nspur5", "t0-spur5", "t" + "0".repeat(40), "../t1")) {
      refused(imports(odd, disk), "can't be the id of a template");
    }
    Files.createFile(index.resolve("tleftover.caibx"));
    refused(imports("tleftover", disk), "The store has an index of this name");

    var renamed = platen("os-template", "rename", "t0nspur5", "Ubuntu 22.04");
    assertThat(renamed.status()).as(renamed.err()).isZero();
    assertThat(list().findValuesAsText("name")).contains("Ubuntu 22.04");
    assertThat(platen("os-template", "list").out()).contains("t0nspur5", "Ubuntu 22.04");

    // The machine's disk stands on it, and stays whole.
    var deleted = platen("os-template", "delete", "t0nspur5");
    assertThat(deleted.status()).as(deleted.err()).isZero();
    assertThat(deleted.err()).contains("one machine stands on its data");
    assertThat(list().findValuesAsText("id")).doesNotContain("t0nspur5");
    assertThat(index.resolve("t0nspur5.caibx")).exists();
    assertThat(client.captured(machine, "from the deleted one")).isNotEmpty();
    absent(platen("os-template", "delete", "t0nspur5"));
    assertThat(platen("os-template", "list").out()).doesNotContain("t0nspur5");
    assertThat(platen("os-template", "list", "--deleted").out()).contains("t0nspur5");
    assertThat(platen("os-template", "undelete", "t0nspur5").err()).contains("is back");
    assertThat(list().findValuesAsText("id")).contains("t0nspur5");
    absent(platen("os-template", "undelete", "t0nspur5"));
    assertThat(platen("os-template", "delete", "t0nspur5", "--purge").status()).isZero();
    absent(platen("os-template", "undelete", "t0nspur5"));
    absent(platen("os-template", "rename", "t0nspur5", "again"));
    refused(imports("t0nspur5", disk), "A template had it that was deleted");
    client.awaitDone(client.delete("/machines/" + machine).ok());
    refused(imports("t0nspur5", disk), "A template had it that was deleted");
  }

  @Test
  void withoutAServerTheStoreIsToldByTheCommand(@TempDir Path root) throws Exception {
    String data = "--data=" + root.resolve("alone");
    Path manifest = root.resolve("alone/manifest/talone.json");
    Path alone = root.resolve("alone/index/talone.caibx");
    var imported =
        Cli.run("import", disk.toString(), "--format=raw", "--name=a", "--id=talone", data);
    assertThat(imported.status()).as(imported.err()).isZero();
    assertThat(Cli.run("os-template", "rename", "talone", "its new name", data).status()).isZero();
    assertThat(Files.readString(manifest)).contains("its new name");
    assertThat(Cli.run("os-template", "delete", "talone", data).status()).isZero();
    assertThat(Files.readString(manifest)).contains("\"state\":\"deleted\"");
    assertThat(alone).exists();
    assertThat(Cli.run("os-template", "undelete", "talone", data).status()).isZero();
    assertThat(Files.readString(manifest)).contains("\"state\":\"available\"");
    var purged = Cli.run("os-template", "delete", "talone", "--purge", data);
    assertThat(purged.status()).as(purged.err()).isZero();
    assertThat(alone).doesNotExist();
  }

  @Test
  void anImportThatFailsDoesNotTakeItsId() throws Exception {
    Path missing = disk.resolveSibling("short.raw");
    Disks.random(missing, 1 << 20, 3);
    try (var handle = new java.io.RandomAccessFile(missing.toFile(), "rw")) {
      handle.setLength((1 << 20) + 7);
    }
    Path gone = disk.resolveSibling("unreadable.qcow2");
    Program.succeed("qemu-img", "create", "-q", "-f", "qcow2", gone.toString(), "20T");
    var failed = platen("import", gone.toString(), "--format=qcow2", "--name=x", "--id=tfailed");
    assertThat(failed.status()).isEqualTo(1);
    var again = imports("tfailed", disk);
    assertThat(again.status()).as(again.err()).isZero();
    assertThat(list().findValuesAsText("id")).contains("tfailed");
    assertThat(platen("os-template", "delete", "tfailed", "--purge").err())
        .contains("deleted tfailed");
    await("its index to go")
        .atMost(Duration.ofSeconds(30))
        .until(() -> Files.notExists(index.resolve("tfailed.caibx")));
  }

  @Test
  void anOsTemplateThatIsRenamedDuringAWalkIsMetOnce() {
    for (var id : List.of("twalk1", "twalk2", "twalk3")) {
      assertThat(imports(id, disk).status()).isZero();
      platen("os-template", "rename", id, id);
    }
    String filter = "/os-templates?orderBy=name&order=asc&limit=1&name=walk";
    var first = client.get(filter).ok();
    assertThat(first.path("items").get(0).path("id").asText()).isEqualTo("twalk1");
    platen("os-template", "rename", "twalk1", "zwalk");
    platen("os-template", "rename", "twalk3", "awalk");
    var met = new ArrayList<String>();
    var page = first;
    while (page.path("hasMore").asBoolean()) {
      page = client.get(filter + "&after=" + Client.encode(page.path("nextPage").asText())).ok();
      met.addAll(page.path("items").findValuesAsText("id"));
    }
    assertThat(met).containsExactly("twalk2", "twalk3");
  }

  @Test
  void aNameThatIsNoneIsRefused() {
    refused(platen("os-template", "rename", "tany", " "), "must not be empty");
  }
}
