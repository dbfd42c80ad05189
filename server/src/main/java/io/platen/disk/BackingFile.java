package io.platen.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a qcow2 image says about the image below it. It is only ever compared with what is expected:
 * a name in an image leads to no file.
 *
 * @param name as it stands in the header: relative to the image's directory, or absolute, or not a
 *     file's at all
 * @param format as it stands in the header; empty where the header does not say
 */
public record BackingFile(String name, String format) {
  private static final int MAX_NAME = 1023;

  /** Reads the name; the format is in an extension of the header. */
  static Optional<BackingFile> read(ImageFile file, ByteBuffer header, long clusterSize)
      throws IOException {
    long offset = header.getLong(8);
    int length = header.getInt(16);
    if (offset == 0 && length == 0) {
      return Optional.empty();
    }
    if (offset <= 0 || length <= 0 || length > MAX_NAME || offset > clusterSize - length) {
      throw file.damaged("the name of its backing file is out of bounds");
    }
    byte[] bytes = file.readBytes(offset, length, "backing file name");
    return Optional.of(new BackingFile(new String(bytes, StandardCharsets.UTF_8), ""));
  }

  BackingFile withFormat(String stated) {
    return new BackingFile(name, stated);
  }

  /**
   * The file that QEMU would open for an image of this path; empty where it would not open a file.
   * A colon before the first slash makes a name a protocol ("nbd:", "json:") for QEMU.
   */
  public Optional<Path> resolve(Path image) {
    int colon = name.indexOf(':');
    int slash = name.indexOf('/');
    if (colon >= 0 && (slash < 0 || colon < slash)) {
      return Optional.empty();
    }
    try {
      return Optional.of(image.toAbsolutePath().resolveSibling(Path.of(name)).normalize());
    } catch (InvalidPathException e) {
      return Optional.empty(); // no name that a file can have
    }
  }

  /** The name for a message. */
  public String printable() {
    return name.replaceAll("[^\\p{Graph} ]", "?");
  }
}
