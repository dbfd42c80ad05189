package io.platen.s3store;

/**
 * Against Ceph's gateway: keys with the numbers of sessions, and chunks of further epochs, as a
 * bucket has them that several nodes share.
 */
final class CephSharedIT extends S3SharedTest {
  @Override
  S3Location location() {
    return CephGateway.location();
  }
}
