package io.platen.config;

import java.nio.file.Path;

/**
 * A store in a directory that is not the data directory: one node's own.
 *
 * @param name what the configuration calls it
 * @param path absolute
 */
public record DirectoryStore(String name, Path path) {
  /** Where everything of it is, laid out as in a data directory. */
  public DataDirectory layout() {
    return new DataDirectory(path);
  }
}
