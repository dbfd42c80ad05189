package io.platen.support;

import io.platen.s3store.S3Location;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;

/** Configurations of nodes with a store in a bucket. */
public final class BucketConfig {
  private BucketConfig() {}

  /**
   * Writes one, for its owner alone, since it holds a secret.
   *
   * @param file made
   * @param endpoint by which the bucket is asked
   * @param more lines
   */
  public static Path write(
      Path file, String node, String database, S3Location location, URI endpoint, String... more)
      throws IOException {
    var keys = Objects.requireNonNull(location.credentials());
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(
        file,
        """
        node: %s
        database: %s
        stores:
          main:
            s3:
              endpoint: %s
              bucket: %s
              prefix: %s
              accessKey: %s
              secretKey: %s
        regions: {ny2: main, ca1: main, ams1: main}
        %s
        """
            .formatted(
                node,
                database,
                endpoint,
                location.bucket(),
                location.prefix(),
                keys.accessKey(),
                keys.secretKey(),
                String.join("\n", more)));
  }
}
