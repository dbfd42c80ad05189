package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.chunkstore.contract.DocumentStoreContract;
import io.platen.chunkstore.contract.StoreUnderTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileDocumentStoreContractTest extends DocumentStoreContract {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @Override
  protected StoreUnderTest make() {
    return new DirectoryUnderTest(directory);
  }

  @Test
  void otherFilesOfItsDirectoryAreNoDocumentsAndStay() throws IOException {
    Path other = Files.createDirectory(directory.resolve("other"));
    for (String name : List.of("platen.db", ".x.json.a.tmp", ".json")) {
      Files.writeString(other.resolve(name), "x");
    }
    FileDocumentStore store = new FileDocumentStore(other);
    store.publish("store", "{}".getBytes(StandardCharsets.UTF_8));
    List<String> names = new ArrayList<>();
    store.list(names::add);
    assertThat(names).containsExactly("store");
    assertThat(other).isDirectoryContaining(file -> file.endsWith("platen.db"));
  }

  @Test
  void nobodyElseReadsWhatIsPublished() throws IOException {
    FileDocumentStore store = new FileDocumentStore(directory.resolve("own"));
    store.publish("a", new byte[1]);
    assertThat(modes(Path.of(store.place()))).isEqualTo("rwx------");
    assertThat(modes(Path.of(store.place("a")))).isEqualTo("rw-------");
  }

  @Test
  void whatKilledWritersLeftIsRemovedAndNothingElse() throws IOException {
    FileDocumentStore store = new FileDocumentStore(directory.resolve("own"));
    store.removeLeftovers();
    store.publish("a", new byte[1]);
    Path draft = Files.createFile(directory.resolve("own").resolve(".a.json.1-2-3.tmp"));
    Path other = Files.createFile(directory.resolve("own").resolve("other.tmp"));
    store.removeLeftovers();
    assertThat(draft).doesNotExist();
    assertThat(other).exists();
    assertThat(store.has("a")).isTrue();
    FileIndexStore indexes = new FileIndexStore(directory.resolve("own"));
    Path index = Files.createFile(directory.resolve("own").resolve(".a.caibx.1-2-3.tmp"));
    indexes.removeLeftovers();
    assertThat(index).doesNotExist();
    assertThat(store.has("a")).isTrue();
  }

  private static String modes(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
