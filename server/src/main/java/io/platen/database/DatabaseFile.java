package io.platen.database;

import io.platen.linux.OwnerOnly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.time.Instant;
import java.util.Objects;
import org.jdbi.v3.core.ConnectionException;
import org.jspecify.annotations.Nullable;

/** The file of an SQLite database: whether it is still the one that was opened. */
final class DatabaseFile {
  private final Path path;
  private final WriteAheadLog log;

  /** Device and inode. */
  private @Nullable Object key;

  /** The same of its log; null where there was none at the last call. */
  private @Nullable String logKey;

  private DatabaseFile(Path path, @Nullable Object key) {
    this.path = path;
    this.log = new WriteAheadLog(path);
    this.key = key;
  }

  private static Path path(String url) {
    return Path.of(url.substring("jdbc:sqlite:".length()).replaceFirst("\\?.*", ""));
  }

  /**
   * Looks, before the database is opened or made, whether what is left beside it is its own.
   *
   * @throws IOException where it is another's; the message says what to do
   */
  static void check(String url) throws IOException {
    new WriteAheadLog(path(url)).requireMatch(Instant.now());
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
   * @throws ConnectionException where there is none, or it stands beside the log of the one before
   */
  boolean hasChanged() {
    var now = key(path);
    boolean changed = !Objects.equals(now, key);
    try {
      var logNow = log.key();
      if (changed && logNow != null && logNow.equals(logKey)) {
        throw new ConnectionException(new SQLTransientException(log.mismatch()));
      }
      if (changed || !Objects.equals(logNow, logKey)) {
        log.note();
      }
      logKey = logNow;
    } catch (IOException e) {
      throw new ConnectionException(
          new SQLTransientException("the database's log can't be looked at: " + path, e));
    }
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
