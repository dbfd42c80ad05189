package io.platen.system;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class SnapshotIT extends SnapshotContract {
  SnapshotIT(@TempDir Path root) throws Exception {
    super(root, null);
  }
}
