package io.platen.process;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The directory of the sockets, for this user alone: who can connect to a socket reads a disk.
 *
 * <p>Several processes may share it. A socket's name holds the id of the process it was made for.
 */
public final class RunDirectory {
  /** What fits sockaddr_un.sun_path (unix(7)), less the zero at its end. */
  private static final int MAX_SOCKET_PATH = 107;

  private static final Pattern NAME = Pattern.compile("nbd-(\\d{1,18})-[0-9a-f]{8}\\.sock");

  private final Path directory;

  private RunDirectory(Path directory) {
    this.directory = directory;
  }

  /**
   * Opens the directory, and makes it first if need be.
   *
   * @throws IOException if it is no directory, is another user's, or its path is too long for a
   *     socket's
   */
  public static RunDirectory open(Path path) throws IOException {
    Path directory = path.toAbsolutePath().normalize();
    RunDirectory run = new RunDirectory(directory);
    int length = run.newSocket().toString().getBytes(StandardCharsets.UTF_8).length;
    if (length > MAX_SOCKET_PATH) {
      throw new IOException(
          "the run directory "
              + directory
              + " has too long a path: a socket in it would have "
              + length
              + " bytes, and the system allows "
              + MAX_SOCKET_PATH
              + ": choose a shorter one, for example below /run");
    }
    Files.createDirectories(directory.getParent() == null ? directory : directory.getParent());
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectory(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      throw new NotDirectoryException(
          directory + ": the run directory has to be a directory, and no link to one");
    }
    // Fails if it is another user's, unless we are root.
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    return run;
  }

  /** The path of a socket that does not exist yet. */
  public Path newSocket() {
    return directory.resolve(
        "nbd-%d-%s.sock"
            .formatted(
                ProcessHandle.current().pid(), UUID.randomUUID().toString().substring(0, 8)));
  }

  /**
   * Removes the sockets that a crash left. A socket that somebody listens on stays, and so does one
   * whose process lives: it may be about to listen. To be called at start, before this process
   * opens a disk.
   *
   * @return how many were removed
   */
  public int removeLeftovers() throws IOException {
    int removed = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        Matcher name = NAME.matcher(file.getFileName().toString());
        if (name.matches() && isLeftover(file, Long.parseLong(name.group(1)))) {
          removed += Files.deleteIfExists(file) ? 1 : 0;
        }
      }
    }
    return removed;
  }

  private static boolean isLeftover(Path socket, long pid) {
    // Our own id: in a container each start has the same one.
    boolean ownerGone = pid == ProcessHandle.current().pid() || ProcessHandle.of(pid).isEmpty();
    return ownerGone && !isListening(socket);
  }

  /** Whether somebody accepts connections there. */
  public static boolean isListening(Path socket) {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      return false; // refused or gone: the answer, not a failure
    }
  }
}
