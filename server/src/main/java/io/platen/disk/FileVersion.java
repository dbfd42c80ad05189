package io.platen.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Whether a file was written to: its length, the time of its last change, and which file it is.
 * QEMU's locks stop QEMU alone; another program that writes is found out this way.
 *
 * <p>A block device has none of these, so nothing is found out.
 */
public final class FileVersion {
  private final Path path;
  private final Path file;
  private final @Nullable State state;

  private record State(long size, FileTime modified, @Nullable Object key) {}

  private FileVersion(Path path, Path file, @Nullable State state) {
    this.path = path;
    this.file = file;
    this.state = state;
  }

  /** The file as it is now. */
  public static FileVersion of(Path path) throws IOException {
    return of(path, path);
  }

  /**
   * The same, of a file that is looked at under another name.
   *
   * @param path as people know it
   */
  static FileVersion of(Path path, Path file) throws IOException {
    return new FileVersion(path, file, state(file));
  }

  private static @Nullable State state(Path file) throws IOException {
    var now = Files.readAttributes(file, BasicFileAttributes.class);
    return now.isRegularFile()
        ? new State(now.size(), now.lastModifiedTime(), now.fileKey())
        : null;
  }

  /**
   * Looks at the file again.
   *
   * @throws DiskChanged if it has changed, or is another one
   */
  public void check() throws IOException {
    if (!Objects.equals(state, state(file))) {
      throw new DiskChanged(path);
    }
  }
}
