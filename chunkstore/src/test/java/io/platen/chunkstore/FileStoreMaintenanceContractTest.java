package io.platen.chunkstore;

import io.platen.chunkstore.contract.StoreMaintenanceContract;
import io.platen.chunkstore.contract.StoreUnderTest;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class FileStoreMaintenanceContractTest extends StoreMaintenanceContract {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @Override
  protected StoreUnderTest make() {
    return new DirectoryUnderTest(directory);
  }
}
