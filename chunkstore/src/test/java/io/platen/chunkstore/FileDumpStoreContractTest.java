package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.contract.DumpStoreContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileDumpStoreContractTest extends DumpStoreContract {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path root;

  private Path directory() {
    return root.resolve("dumps");
  }

  @Override
  protected DumpStore make() {
    return new FileDumpStore(directory());
  }

  @Test
  void nobodyElseReadsThem() throws IOException {
    try (IndexStore.Draft draft = make().begin("m")) {
      draft.publish("");
    }
    assertThat(mode(directory())).isEqualTo("rwx------");
    assertThat(mode(directory().resolve("m.jsonl.zst"))).isEqualTo("rw-------");
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void whatKilledWritersLeftGoesAndWhatIsBeingWrittenStays() throws IOException {
    DumpStore dumps = make();
    try (IndexStore.Draft writing = dumps.begin("writing")) {
      Path left = Files.createFile(directory().resolve(".m-1.x.tmp"));
      Files.setLastModifiedTime(left, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
      dumps.begin("other").close();
      assertThat(left).doesNotExist();
      writing.publish("");
    }
    assertThat(dumps.names()).containsExactly("writing");
  }

  @Test
  void aDirectoryThatCantBeAskedIsNotEmpty() throws IOException {
    Files.createFile(directory());
    assertThatThrownBy(() -> make().names()).isInstanceOf(StoreUnavailable.class);
    assertThatThrownBy(() -> make().begin("m")).isInstanceOf(StoreUnavailable.class);
  }
}
