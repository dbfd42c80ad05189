package io.platen.s3store;

import io.platen.chunkstore.contract.StoreMaintenanceContract;
import io.platen.chunkstore.contract.StoreUnderTest;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Against Ceph's gateway. */
@Tag("long")
final class CephStoreMaintenanceContractIT extends StoreMaintenanceContract {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path scratch;

  @Override
  protected StoreUnderTest make() throws IOException {
    return new S3UnderTest(CephGateway.location(), scratch);
  }
}
