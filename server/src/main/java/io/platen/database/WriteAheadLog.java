package io.platen.database;

import io.platen.linux.OwnerOnly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The write-ahead log of an SQLite database, and whether it is that database's. SQLite finds it by
 * its name alone, and writes what it holds into the database beside it: a backup that is put there
 * becomes partly old and partly new, which no check of SQLite's notices; and the log of a database
 * that is missing is deleted when a new one is made (https://sqlite.org/howtocorrupt.html, 1.4).
 *
 * <p>So a file beside them says which two belong together, by device and inode. A directory that is
 * copied as a whole has other inodes for both, and is taken.
 */
final class WriteAheadLog {
  /**
   * The log of a server that runs is written every few seconds, and the database only from the log:
   * one that was written so much later was written by something else.
   */
  private static final Duration LATER = Duration.ofMinutes(1);

  private final Path database;
  private final Path log;
  private final Path pair;

  WriteAheadLog(Path database) {
    this.database = database;
    log = Path.of(database + "-wal");
    pair = Path.of(database + "-pair");
  }

  /**
   * To be called before the database is opened.
   *
   * @throws IOException where the database is missing or another one, and the log is here and not
   *     empty
   */
  void requireMatch(Instant now) throws IOException {
    var logged = attributes(log);
    if (logged == null || logged.size() == 0) {
      return;
    }
    var found = attributes(database);
    if (found == null) {
      throw new IOException(
          "%1$s is missing, and %1$s-wal, which holds its newest changes, is here without it. Put %1$s back; or, to begin with a new database, move %1$s-wal and %1$s-shm to where the old one is"
              .formatted(database));
    }
    if (isOfAnother(found, logged) || isWrittenOver(found, logged, now)) {
      throw new IOException(mismatch());
    }
  }

  /** What is wrong, and the remedy. */
  String mismatch() {
    return "%1$s is not the database that %1$s-wal belongs to: another one was put in its place, and opening it would mix the two. To go on with the one that was put there, move %1$s-wal and %1$s-shm to where the one before is; to go on with the one before, put that back. (Where this is a mistake, and the two are one database, delete %1$s-pair, and run \"touch %1$s-wal\".)"
        .formatted(database);
  }

  private boolean isOfAnother(BasicFileAttributes found, BasicFileAttributes logged)
      throws IOException {
    if (!Files.exists(pair)) {
      return false;
    }
    String[] keys = Files.readString(pair).split("\n", -1);
    return keys.length > 1 && keys[1].equals(key(logged)) && !keys[0].equals(key(found));
  }

  /** Copied over, without a new inode. A log that is being written is a running server's. */
  private static boolean isWrittenOver(
      BasicFileAttributes found, BasicFileAttributes logged, Instant now) {
    var last = logged.lastModifiedTime().toInstant().plus(LATER);
    return found.lastModifiedTime().toInstant().isAfter(last) && now.isAfter(last);
  }

  /** Notes, while the database is open, that the two belong together. */
  void note() throws IOException {
    var found = attributes(database);
    var logged = attributes(log);
    if (found != null && logged != null) {
      String now = key(found) + "\n" + key(logged) + "\n";
      if (!Files.exists(pair) || !Files.readString(pair).equals(now)) {
        OwnerOnly.createFile(pair);
        Files.writeString(pair, now);
      }
    }
  }

  /** Device and inode of the log; null where there is none. */
  @Nullable String key() throws IOException {
    var logged = attributes(log);
    return logged == null ? null : key(logged);
  }

  private static String key(BasicFileAttributes attributes) {
    return String.valueOf(attributes.fileKey());
  }

  private static @Nullable BasicFileAttributes attributes(Path file) throws IOException {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return null;
    }
  }
}
