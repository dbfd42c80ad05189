package io.platen.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkDirectory;
import io.platen.chunkstore.FileDocumentStore;
import io.platen.chunkstore.FileIndexStore;
import io.platen.chunkstore.PublishedImage;
import io.platen.support.Program;
import io.platen.template.Manifest;
import io.platen.template.Manifests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What a data directory must hold, looked at from outside while no server has it. */
final class StoreCheck {
  private final Path data;
  private final Path database;
  private final Path scratch;

  /**
   * @param scratch a directory for copies
   */
  StoreCheck(Path data, Path scratch) {
    this(data, data.resolve("platen.db"), scratch);
  }

  /** As {@link #StoreCheck(Path, Path)}, of a directory whose database is elsewhere. */
  StoreCheck(Path data, Path database, Path scratch) {
    this.data = data;
    this.database = database;
    this.scratch = scratch;
  }

  private record Row(String id, String digest) {}

  /**
   * Each template that is available, or can be undeleted, has its index, its manifest, and all
   * chunks; to be called while no process has the directory, at any moment.
   */
  void everyTemplateIsWhole() throws Exception {
    var indexes = new FileIndexStore(data.resolve("index"));
    var manifests = new Manifests(new FileDocumentStore(data.resolve("manifest")));
    var chunks = new ChunkDirectory(data.resolve("store.castr"));
    for (var row : templates()) {
      var image = PublishedImage.find(row.id, indexes, chunks, new Cancellation());
      assertThat(image).as("index and chunks of %s", row.id).isPresent();
      assertThat(image.orElseThrow().digest()).as("index of %s", row.id).isEqualTo(row.digest);
      var manifest = manifests.read(row.id);
      assertThat(manifest).as("manifest of %s", row.id).isPresent();
      assertThat(manifest.orElseThrow().indexDigest()).isEqualTo(row.digest);
      // It may be behind, but it never says that the index may go.
      assertThat(manifest.orElseThrow().state()).isNotEqualTo(Manifest.State.PURGED);
    }
  }

  private List<Row> templates() throws Exception {
    var found = new ArrayList<Row>();
    query(
        "SELECT id, index_digest FROM template WHERE index_digest IS NOT NULL AND dt_purged IS NULL",
        rows -> found.add(new Row(rows.getString(1), rows.getString(2))));
    return found;
  }

  /** The ids of events that have not ended. */
  List<String> openEvents() throws Exception {
    return left("SELECT id FROM event WHERE dt_finished IS NULL");
  }

  /** Ids in the database of a server that has ended. */
  List<String> left(String sql) throws Exception {
    var found = new ArrayList<String>();
    query(sql, rows -> found.add(rows.getString(1)));
    return found;
  }

  /** Ids in the database of a server that runs. */
  List<String> ids(String sql) throws SQLException {
    var found = new ArrayList<String>();
    query("jdbc:sqlite:" + database, sql, rows -> found.add(rows.getString(1)));
    return found;
  }

  /** The states of all events, by id. */
  Map<String, String> eventStates() throws Exception {
    var found = new HashMap<String, String>();
    query(
        "SELECT id, state FROM event WHERE dt_finished IS NOT NULL",
        rows -> found.put(rows.getString(1), rows.getString(2)));
    return found;
  }

  private interface Visitor {
    void visit(ResultSet rows) throws SQLException;
  }

  /** Asks a copy: opening the files themselves would change them. */
  private void query(String sql, Visitor visitor) throws Exception {
    Program.succeed("rm", "-rf", scratch.toString());
    Files.createDirectories(scratch);
    for (var suffix : List.of("", "-wal")) {
      Path file = Path.of(database + suffix);
      if (Files.exists(file)) {
        Files.copy(file, scratch.resolve("platen.db" + suffix));
      }
    }
    query("jdbc:sqlite:" + scratch.resolve("platen.db"), sql, visitor);
  }

  private static void query(String url, String sql, Visitor visitor) throws SQLException {
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        visitor.visit(rows);
      }
    }
  }

  /**
   * Nothing is left where every template is purged, every machine deleted, and all is collected.
   */
  void nothingIsLeft() throws IOException {
    assertThat(files("index")).as("indexes").isEmpty();
    assertThat(files("manifest")).as("manifests").isEmpty();
    assertThat(files("store.castr")).as("chunks").allMatch(file -> file.endsWith("lock"));
    assertThat(files("machines")).as("disks of machines").isEmpty();
    assertThat(files("run")).as("sockets and scratch files").isEmpty();
    assertThat(files("backup")).as("scratch files of backups").isEmpty();
    assertThat(files("cache")).as("base images").isEmpty();
  }

  private List<Path> files(String directory) throws IOException {
    Path root = data.resolve(directory);
    if (Files.notExists(root)) {
      return List.of();
    }
    try (Stream<Path> found = Files.walk(root)) {
      return found
          .filter(path -> !Files.isDirectory(path))
          .filter(path -> !path.toString().contains("vertx"))
          .toList();
    }
  }

  /** Some stored chunk. */
  List<Path> chunks() throws IOException {
    return files("store.castr").stream()
        .filter(path -> path.toString().endsWith(".cacnk"))
        .sorted()
        .toList();
  }
}
