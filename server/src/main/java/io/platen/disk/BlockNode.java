package io.platen.disk;

import io.platen.disk.OpenDisk.OpenImage;
import java.io.IOException;
import java.util.List;

/**
 * Describes a disk to a QEMU tool as a graph of block nodes, in QEMU's {@code json:} notation (QAPI
 * BlockdevOptions). Every driver is named, so nothing is probed; every file is given to a driver
 * for files, so no name is taken for a protocol; each file is one that is open here, so no other
 * can take its place; and the backing chain is stated, so what an image says about it is never
 * followed, not even if it changed after its check.
 */
final class BlockNode {
  private BlockNode() {}

  /** The {@code json:} name to give in the place of a file name. */
  static String of(OpenDisk disk) throws IOException {
    return "json:" + of(disk.images(), true);
  }

  /** The graph by itself, for a tool that writes to the first image. */
  static String writable(OpenDisk disk) throws IOException {
    return of(disk.images(), false);
  }

  /** The {@code json:} name of the first image alone, for a tool that writes its metadata. */
  static String writableAlone(OpenDisk disk) throws IOException {
    return "json:" + of(disk.images().subList(0, 1), false);
  }

  private static String of(List<OpenImage> images, boolean readOnly) throws IOException {
    OpenImage image = images.getFirst();
    List<OpenImage> below = images.subList(1, images.size());
    String file = file(image.file(), readOnly);
    return switch (image.format()) {
      // Drivers that know no backing files, and no option for one.
      case RAW, VDI, VHDX -> node(image.format().label(), readOnly, file, "");
      case QCOW2, VMDK ->
          node(
              image.format().label(),
              readOnly,
              file,
              ",\"backing\":" + (below.isEmpty() ? "null" : of(below, true)));
    };
  }

  private static String node(String driver, boolean readOnly, String file, String more) {
    return "{\"driver\":\"%s\",\"read-only\":%s,\"file\":%s%s}"
        .formatted(driver, readOnly, file, more);
  }

  private static String file(RawDisk file, boolean readOnly) throws IOException {
    return "{\"driver\":\"%s\",\"read-only\":%s,\"filename\":%s}"
        .formatted(
            file.isBlockDevice() ? "host_device" : "file", readOnly, quoted(file.nameForChild()));
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
