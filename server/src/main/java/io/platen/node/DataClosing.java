package io.platen.node;

import io.platen.config.DataDirectory;
import io.platen.linux.HostUser;
import io.platen.linux.OwnerOnly;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileOwnerAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Closes a data directory that other users of the host can read: one from an older version, or one
 * that was copied without its modes. Once it is done, a mark in the directory says so.
 *
 * <p>What lies at the top is closed at once, which keeps others from all that is below. The chunks,
 * of which there may be millions, follow one by one. Links are not followed.
 */
public final class DataClosing {
  private static final Logger LOG = Logger.getLogger(DataClosing.class);

  private static final Set<PosixFilePermission> OTHERS =
      Set.of(
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE,
          PosixFilePermission.OTHERS_EXECUTE);

  private static final Set<PosixFilePermission> GROUP =
      Set.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.GROUP_EXECUTE);

  private final DataDirectory data;
  private volatile boolean stopped;
  private long closed;
  private long refused;
  private @Nullable IOException refusal;

  private DataClosing(DataDirectory data) {
    this.data = data;
  }

  /**
   * Closes everything but the chunks, the indexes and the manifests, if that is needed. Access that
   * QEMU's user had is taken away too, and has to be given again. To be called by the process that
   * holds the {@link DataLock}, before it uses the directory.
   *
   * @return what is left to do; null where nothing is
   */
  public static @Nullable DataClosing begin(DataDirectory data) throws IOException {
    if (Files.exists(data.closedMark()) && !isOpen(data)) {
      return null;
    }
    Files.deleteIfExists(data.closedMark());
    var closing = new DataClosing(data);
    closing.closeTop();
    for (var directory : List.of(data.machines(), data.cache(), data.backups(), data.dumps())) {
      closing.closeTree(directory);
    }
    closing.takeBackBaseImages();
    if (closing.closed > 0) {
      LOG.warnf(
          "%s could be read by other users of this host; it is closed now, and its chunks one by one in the background",
          data.root());
    }
    return closing;
  }

  /** Whether something at the top, below which everything else is, can be used by others. */
  private static boolean isOpen(DataDirectory data) throws IOException {
    for (var path : data.top()) {
      if (!Files.isSymbolicLink(path)) {
        var mode = Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
        // The bits of the group are the mask of an ACL, where QEMU's user is let in.
        boolean letsQemuIn = data.letsQemuIn().contains(path);
        if (has(mode, OTHERS) || (has(mode, GROUP) && !letsQemuIn)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean has(Set<PosixFilePermission> mode, Set<PosixFilePermission> any) {
    return mode.stream().anyMatch(any::contains);
  }

  private void closeTop() throws IOException {
    for (var path : data.top()) {
      if (Files.isSymbolicLink(path)) {
        LOG.warnf(
            "%s is a link, which is not followed: see that no other user can read what it leads to",
            path);
      } else {
        close(path, Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS));
      }
    }
    if (data.holdsNothingElse()) {
      close(data.root(), true);
    }
  }

  /**
   * Closes the indexes, the manifests and the chunks, which may take minutes, and sets the mark.
   * Ends early after {@link #stop}; the next start goes on then.
   */
  public void finish() throws IOException {
    long start = System.nanoTime();
    closeTree(data.indexes());
    closeTree(data.manifests());
    closeTree(data.store());
    if (stopped) {
      return;
    }
    if (refused > 0) {
      LOG.warnf(
          refusal,
          "%d files of %s can't be closed to other users; they belong to another user than this server: give them to it with chown",
          refused,
          data.root());
      return;
    }
    OwnerOnly.createFile(data.closedMark());
    if (closed > 0) {
      LOG.infof(
          "%s is closed to other users: %d files and directories in %d s",
          data.root(), closed, (System.nanoTime() - start) / 1_000_000_000);
    }
  }

  /** Has {@link #finish}, which another thread runs, end soon. */
  public void stop() {
    stopped = true;
  }

  /**
   * Libvirt used to give base images to QEMU's user for good, who could change them then, for all
   * machines that stand on them.
   */
  private void takeBackBaseImages() throws IOException {
    var own = HostUser.own();
    try (DirectoryStream<Path> images = Files.newDirectoryStream(data.cache(), "*.raw")) {
      for (var image : images) {
        if (!Files.getOwner(image, LinkOption.NOFOLLOW_LINKS).equals(own)) {
          takeBack(image, own);
        }
      }
    }
  }

  private void takeBack(Path image, UserPrincipal own) {
    try {
      Files.getFileAttributeView(image, FileOwnerAttributeView.class, LinkOption.NOFOLLOW_LINKS)
          .setOwner(own);
      closed++;
    } catch (IOException e) {
      var _ = refused(e);
    }
  }

  private void closeTree(Path top) throws IOException {
    if (!Files.isDirectory(top, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        top,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            return closed(directory, true);
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            // Links and sockets give no access by their own mode.
            return attributes.isRegularFile() ? closed(file, false) : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure) {
            // Removed meanwhile, or another user's.
            return refused(failure);
          }
        });
  }

  private FileVisitResult closed(Path path, boolean isDirectory) throws IOException {
    close(path, isDirectory);
    return stopped ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
  }

  private FileVisitResult refused(IOException failure) {
    if (!(failure instanceof NoSuchFileException)) {
      refused++;
      refusal = refusal == null ? failure : refusal;
    }
    return FileVisitResult.CONTINUE;
  }

  private void close(Path path, boolean isDirectory) {
    try {
      var mode = Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
      if (has(mode, OTHERS) || has(mode, GROUP)) {
        OwnerOnly.close(path, isDirectory);
        closed++;
      }
    } catch (IOException e) {
      var _ = refused(e);
    }
  }
}
