package io.platen.config;

import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A store in a bucket of an S3 server.
 *
 * @param name what the configuration calls it
 * @param endpoint the server's URL; null for that of AWS
 * @param prefix what its keys begin with; empty, or a path without a slash at either end
 * @param keys null where the SDK finds them: environment, profile, the host's role
 * @param authority a PEM file with the certificates that the server's is checked against; null for
 *     those of the JDK
 */
public record S3Config(
    String name,
    @Nullable URI endpoint,
    String bucket,
    String prefix,
    String region,
    @Nullable Keys keys,
    @Nullable Path authority) {
  /** What requests are signed with. It is never printed. */
  public record Keys(String accessKey, String secretKey) {
    @Override
    public String toString() {
      return "keys";
    }
  }
}
