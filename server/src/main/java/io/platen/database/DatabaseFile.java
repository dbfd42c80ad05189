package io.platen.database;

import io.platen.disk.OwnerOnly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
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

  private static Path path(String url) {
    return Path.of(url.substring("jdbc:sqlite:".length()).replaceFirst("\\?.*", ""));
  }

  /**
   * Makes the file where it is missing, for this user alone: SQLite would make it after the umask.
   * The files it makes beside it get the mode of this one.
   *
   * @throws ConnectionException where it can't be made
   */
  static void create(String url) {
    var path = path(url);
    if (path.toString().startsWith(":") || path.toString().startsWith("file:")) {
      return; // in memory, or a URI: SQLite makes that itself
    }
    try {
      OwnerOnly.createFile(path.toAbsolutePath());
    } catch (IOException e) {
      throw new ConnectionException(
          new SQLException("the database's file can't be made: " + path, e));
    }
  }

  /** Null where the URL names no file, but a database in memory for example. */
  static @Nullable DatabaseFile of(String url) {
    var path = path(url);
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
