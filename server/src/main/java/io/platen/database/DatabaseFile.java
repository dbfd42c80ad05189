package io.platen.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLTransientException;
import java.util.Objects;
import org.jdbi.v3.core.ConnectionException;
import org.jspecify.annotations.Nullable;

/** The file of an SQLite database: whether it is still the one that was opened. */
final class DatabaseFile {
  private final Path path;

  /** Device and inode. */
  private @Nullable Object key;

  private DatabaseFile(Path path, @Nullable Object key) {
    this.path = path;
    this.key = key;
  }

  /** Null where the URL names no file, but a database in memory for example. */
  static @Nullable DatabaseFile of(String url) {
    var path = Path.of(url.substring("jdbc:sqlite:".length()).replaceFirst("\\?.*", ""));
    return Files.isRegularFile(path) ? new DatabaseFile(path, key(path)) : null;
  }

  /**
   * Whether another file is at the path since the last call.
   *
   * @throws ConnectionException where there is none
   */
  boolean hasChanged() {
    var now = key(path);
    boolean changed = !Objects.equals(now, key);
    key = now;
    return changed;
  }

  private static @Nullable Object key(Path path) {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    } catch (IOException e) {
      throw new ConnectionException(
          new SQLTransientException("the database's file can't be found: " + path, e));
    }
  }
}
