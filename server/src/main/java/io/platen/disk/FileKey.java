package io.platen.disk;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What identifies a file: device and inode, stat(2).
 *
 * @param mode the type and permissions
 */
record FileKey(long device, long inode, int mode) {
  private static final int TYPE = 0170000; // S_IFMT, inode(7)
  private static final int REGULAR = 0100000;
  private static final int BLOCK_DEVICE = 0060000;

  /** Follows links, also those of /proc that lead to an open file. */
  static FileKey of(Path path) throws IOException {
    Map<String, Object> found = Files.readAttributes(path, "unix:dev,ino,mode");
    return new FileKey(number(found, "dev"), number(found, "ino"), (int) number(found, "mode"));
  }

  private static long number(Map<String, Object> found, String attribute) {
    return ((Number) Objects.requireNonNull(found.get(attribute))).longValue();
  }

  /** The regular files and block devices that a process has open: proc(5). */
  static List<FileKey> openIn(long pid) throws IOException {
    List<FileKey> keys = new ArrayList<>();
    try (DirectoryStream<Path> descriptors =
        Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "fd"))) {
      for (Path descriptor : descriptors) {
        ifOpen(descriptor)
            .filter(key -> key.isRegularFile() || key.isBlockDevice())
            .ifPresent(keys::add);
      }
    }
    return keys;
  }

  private static Optional<FileKey> ifOpen(Path descriptor) throws IOException {
    try {
      return Optional.of(of(descriptor));
    } catch (NoSuchFileException e) {
      return Optional.empty(); // closed in this moment
    }
  }

  boolean isRegularFile() {
    return (mode & TYPE) == REGULAR;
  }

  boolean isBlockDevice() {
    return (mode & TYPE) == BLOCK_DEVICE;
  }

  /** Whether these are two names of one file. */
  boolean isSame(FileKey other) {
    return device == other.device && inode == other.inode;
  }
}
