package io.platen.s3store;

import java.net.URI;
import java.util.Properties;
import java.util.UUID;
import org.gaul.s3proxy.S3Proxy;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;
import org.jclouds.blobstore.TransientApiMetadata;

/** S3Proxy in this process, over a store in memory; one for all tests. */
final class S3ProxyServer {
  private static final String BUCKET = "platen";
  private static final S3Location.Credentials CREDENTIALS =
      new S3Location.Credentials("test-access", "test-secret");
  private static final URI ENDPOINT = start();

  private S3ProxyServer() {}

  private static URI start() {
    Properties properties = new Properties();
    properties.setProperty("s3proxy.endpoint", "http://127.0.0.1:0");
    properties.setProperty("s3proxy.authorization", "aws-v4");
    properties.setProperty("s3proxy.identity", CREDENTIALS.accessKey());
    properties.setProperty("s3proxy.credential", CREDENTIALS.secretKey());
    BlobStore blobs =
        ContextBuilder.newBuilder(new TransientApiMetadata())
            .credentials("identity", "credential")
            .build(BlobStoreContext.class)
            .getBlobStore();
    blobs.createContainerInLocation(null, BUCKET);
    try {
      S3Proxy server = S3Proxy.Builder.fromProperties(properties).blobStore(blobs).build();
      server.start();
      return URI.create("http://127.0.0.1:" + server.getPort());
    } catch (Exception e) {
      throw new IllegalStateException("S3Proxy does not start", e);
    }
  }

  /** A place of its own. */
  static S3Location location() {
    return new S3Location(
        ENDPOINT, BUCKET, "test/" + UUID.randomUUID(), "us-east-1", CREDENTIALS, null);
  }
}
