package io.platen.s3store;

/** Against Ceph's gateway, which deletes many objects by one request. */
final class CephFaultsIT extends S3FaultsTest {
  @Override
  S3Location location() {
    return CephGateway.location();
  }

  @Override
  FaultyServer.Rule deletions(FaultyServer.Fate fate) {
    return first(1, "POST", fate);
  }
}
