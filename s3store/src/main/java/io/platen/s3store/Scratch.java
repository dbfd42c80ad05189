package io.platen.s3store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A directory of this host for what is on its way to a bucket or from there. It is made when it is
 * first needed; what a killed process left in it is its owner's to remove.
 */
record Scratch(Path directory) {
  /** Makes a file that only its owner may read. */
  Path file(String name) throws IOException {
    Files.createDirectories(directory);
    return Files.createTempFile(directory, name + ".", ".tmp");
  }
}
