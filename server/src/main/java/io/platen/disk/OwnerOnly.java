package io.platen.disk;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Set;

/**
 * Files and directories that no other user of the host may read, whatever the umask is: disks,
 * scripts and keys are in them.
 */
public final class OwnerOnly {
  private static final Set<PosixFilePermission> FILE_MODE =
      PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> DIRECTORY_MODE =
      PosixFilePermissions.fromString("rwx------");

  /** For those who make a file themselves. */
  public static final FileAttribute<Set<PosixFilePermission>> FILE =
      PosixFilePermissions.asFileAttribute(FILE_MODE);

  private static final FileAttribute<Set<PosixFilePermission>> DIRECTORY =
      PosixFilePermissions.asFileAttribute(DIRECTORY_MODE);

  private OwnerOnly() {}

  /**
   * Closes whatever this process makes from now on, and the programs it starts: also what libraries
   * make, and a report of the JVM's crash. What is made here names its mode all the same, since
   * Platen's classes may run in a process that was not set up like this.
   */
  public static void setUmask() throws IOException {
    Linux.umask(077);
  }

  /**
   * Closes a file or a directory that is there; a link is refused. It is not opened for that, as
   * the JDK would to spare links: with the close of such a descriptor this process would lose all
   * its locks of the file (fcntl(2)), SQLite's of a database among them.
   */
  public static void close(Path path, boolean isDirectory) throws IOException {
    try {
      Linux.chmod(path.toString(), isDirectory ? 0700 : 0600);
    } catch (Linux.CallFailed e) {
      var failure =
          e.errno() == Linux.ENOENT
              ? new NoSuchFileException(path.toString())
              : new FileSystemException(path.toString(), null, e.getMessage());
      failure.initCause(e);
      throw failure;
    }
  }

  /** Removes a directory and all that is in it, if it is there. Links are not followed. */
  public static void deleteTree(Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (var files = Files.walk(directory)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  /**
   * Makes a directory, unless there is one. Parents that are missing are made too, with the usual
   * mode: they are no part of what is to be closed.
   *
   * @return whether it was made now
   */
  public static boolean createDirectory(Path directory) throws IOException {
    Path parent = directory.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    try {
      Files.createDirectory(directory, DIRECTORY);
      return true;
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory)) {
        var failure = new NotDirectoryException(directory + " has to be a directory");
        failure.initCause(e);
        throw failure;
      }
      return false;
    }
  }

  /** Makes an empty file, unless there is one. */
  public static void createFile(Path file) throws IOException {
    // Also where a link is in its place: it is not followed.
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      try {
        Files.createFile(file, FILE);
      } catch (FileAlreadyExistsException e) {
        return; // another process was faster, and made the same
      }
    }
  }

  /** Makes a file with this text, in the place of one that is there. */
  public static void write(Path file, String text) throws IOException {
    Files.deleteIfExists(file);
    Files.createFile(file, FILE);
    Files.writeString(file, text);
  }
}
