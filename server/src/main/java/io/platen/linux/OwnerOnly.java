package io.platen.linux;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Files and directories that no other user of the host may read, whatever the umask is: disks,
 * scripts and keys are in them.
 */
public final class OwnerOnly {
  private static final Set<PosixFilePermission> FILE_MODE =
      PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> DIRECTORY_MODE =
      PosixFilePermissions.fromString("rwx------");

  private static final Set<PosixFilePermission> PARENT_MODE =
      PosixFilePermissions.fromString("rwxr-xr-x");

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

  /**
   * Removes a directory and all that is in it, if it is there. Links are not followed, not even one
   * that another user, who may write to the directory, puts in the place of a part of it meanwhile.
   */
  public static void deleteTree(Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (var parent = Files.newDirectoryStream(directory.resolveSibling(""))) {
      delete((SecureDirectoryStream<Path>) parent, directory.getFileName());
    }
  }

  private static void delete(SecureDirectoryStream<Path> parent, Path name) throws IOException {
    var attributes =
        parent
            .getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
            .readAttributes();
    if (!attributes.isDirectory()) {
      parent.deleteFile(name);
      return;
    }
    try (var directory = parent.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
      for (var entry : directory) {
        delete(directory, entry.getFileName());
      }
    }
    parent.deleteDirectory(name);
  }

  /**
   * Makes a directory, unless there is one. Parents that are missing are made too, with the usual
   * mode: they are no part of what is to be closed.
   *
   * @return whether it was made now
   */
  public static boolean createDirectory(Path directory) throws IOException {
    createParents(directory.toAbsolutePath().getParent());
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

  /** After {@link #setUmask} they would be closed, and QEMU's user could not pass through them. */
  private static void createParents(@Nullable Path directory) throws IOException {
    if (directory == null || Files.exists(directory)) {
      return;
    }
    createParents(directory.getParent());
    try {
      Files.createDirectory(directory);
      Files.setPosixFilePermissions(directory, PARENT_MODE);
    } catch (FileAlreadyExistsException e) {
      return; // another process was faster, and made the same
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
