package io.platen.s3store;

import io.platen.chunkstore.DumpStore;
import io.platen.chunkstore.contract.DumpStoreContract;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Against S3Proxy. */
final class S3DumpStoreContractTest extends DumpStoreContract {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path scratch;

  @Override
  protected DumpStore make() throws IOException {
    return new S3UnderTest(S3ProxyServer.location(), scratch).dumps();
  }
}
