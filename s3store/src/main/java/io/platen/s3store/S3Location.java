package io.platen.s3store;

import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a store is in S3, and who may use it. Two locations with the same prefix of the same bucket
 * are one store.
 *
 * @param endpoint the server's URL; null for that of AWS in this region
 * @param prefix what all keys begin with: empty, or a path without a slash at either end
 * @param credentials null for those that the SDK finds: environment, profile, the host's role
 * @param authority a PEM file with the certificates that the server's is checked against; null for
 *     those of the JDK
 */
public record S3Location(
    @Nullable URI endpoint,
    String bucket,
    String prefix,
    String region,
    @Nullable Credentials credentials,
    @Nullable Path authority) {
  /** What requests are signed with. It is never printed. */
  public record Credentials(String accessKey, String secretKey) {
    @Override
    public String toString() {
      return "credentials";
    }
  }

  /** The place, for messages: nothing secret is in it. */
  public String place() {
    String server = endpoint == null ? "s3:/" : endpoint.toString().replaceFirst("/+$", "");
    return server + "/" + bucket + (prefix.isEmpty() ? "" : "/" + prefix);
  }

  /** The place of a key, for messages. */
  String place(String key) {
    return place() + "/" + key;
  }
}
