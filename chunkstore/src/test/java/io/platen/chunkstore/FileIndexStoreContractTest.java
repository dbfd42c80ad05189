package io.platen.chunkstore;

import io.platen.chunkstore.contract.IndexStoreContract;
import io.platen.chunkstore.contract.StoreUnderTest;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class FileIndexStoreContractTest extends IndexStoreContract {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @Override
  protected StoreUnderTest make() {
    return new DirectoryUnderTest(directory);
  }
}
