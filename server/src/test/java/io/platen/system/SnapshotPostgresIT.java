package io.platen.system;

import io.platen.support.PrivatePostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;

final class SnapshotPostgresIT extends SnapshotContract {
  private static @Nullable PrivatePostgres postgres;

  SnapshotPostgresIT(@TempDir Path root) throws Exception {
    super(root, config(root));
  }

  private static Path config(Path root) throws Exception {
    var started = PrivatePostgres.start();
    postgres = started;
    return Files.writeString(root.resolve("platen.yaml"), "database: " + started.url() + "\n");
  }

  @AfterAll
  void remove() throws Exception {
    var started = postgres;
    if (started != null) {
      started.remove();
    }
  }
}
