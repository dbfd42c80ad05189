package io.platen.disk;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Describes a disk to a QEMU tool as a graph of block nodes, in QEMU's {@code json:} notation (QAPI
 * BlockdevOptions). Every driver is named, so nothing is probed; every file is given to a driver
 * for files, so no name is taken for a protocol; and the backing chain is stated, so what an image
 * says about it is never followed, not even if it changed after its check.
 */
final class BlockNode {
  private BlockNode() {}

  /** The {@code json:} name to give in the place of a file name. */
  static String of(Disk disk) throws IOException {
    return "json:"
        + switch (disk) {
          case Disk.Adopted(Path path, DiskFormat format) -> adopted(path, format);
          case Disk.Machine(Path path, Path base) ->
              format(DiskFormat.QCOW2, file(path), raw(file(base)));
        };
  }

  /** The image by itself, for looking at its metadata; what it has no data for reads as zeros. */
  static String withoutBacking(Disk disk) throws IOException {
    return switch (disk) {
      case Disk.Adopted adopted -> of(adopted);
      case Disk.Machine machine -> of(new Disk.Adopted(machine.path(), DiskFormat.QCOW2));
    };
  }

  private static String adopted(Path path, DiskFormat format) throws IOException {
    return switch (format) {
      case RAW -> raw(unshared(file(path)));
      case QCOW2, VMDK -> format(format, file(path), "null");
      case VDI, VHDX -> // drivers that know no backing files, and no option for one
          "{\"driver\":\"" + format.label() + "\",\"read-only\":true,\"file\":" + file(path) + "}";
    };
  }

  private static String format(DiskFormat format, String file, String backing) {
    return "{\"driver\":\""
        + format.label()
        + "\",\"read-only\":true,\"file\":"
        + file
        + ",\"backing\":"
        + backing
        + "}";
  }

  private static String raw(String file) {
    return "{\"driver\":\"raw\",\"read-only\":true,\"file\":" + file + "}";
  }

  /**
   * Refuses to share the file with a writer. The drivers of other formats do so by themselves, but
   * QEMU lets a raw file be read while a machine writes to it, and the copy would be torn. Of all
   * drivers only this one can be told not to; without rules it does nothing else.
   */
  private static String unshared(String file) {
    return "{\"driver\":\"blkdebug\",\"unshare-child-perms\":[\"write\",\"resize\"],\"image\":"
        + file
        + "}";
  }

  private static String file(Path path) throws IOException {
    String driver = ImageFile.isBlockDevice(path) ? "host_device" : "file";
    return "{\"driver\":\""
        + driver
        + "\",\"read-only\":true,\"filename\":"
        + quoted(path.toAbsolutePath().toString())
        + "}";
  }

  /** A JSON string. Names of files may hold anything but a zero byte. */
  static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    text.chars()
        .forEach(
            c -> {
              if (c == '"' || c == '\\') {
                json.append('\\').append((char) c);
              } else if (c < 0x20) {
                json.append("\\u%04x".formatted(c));
              } else {
                json.append((char) c);
              }
            });
    return json.append('"').toString();
  }
}
