package io.platen.s3store;

import io.platen.chunkstore.DumpStore;
import io.platen.chunkstore.contract.DumpStoreContract;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Against Ceph's gateway. */
@Tag("long")
final class CephDumpStoreContractIT extends DumpStoreContract {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path scratch;

  @Override
  protected DumpStore make() throws IOException {
    return new S3UnderTest(CephGateway.location(), scratch).dumps();
  }
}
