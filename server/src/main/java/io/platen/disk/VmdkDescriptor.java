package io.platen.disk;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text within a VMDK that says what the disk consists of: here, of the file itself and nothing
 * else. Source of the format: VMware, "Virtual Disk Format 5.0", The Descriptor File.
 */
final class VmdkDescriptor {
  private static final Set<String> TYPES = Set.of("monolithicsparse", "streamoptimized");

  /** {@code RW 131072 SPARSE "disk.vmdk"}: access, sectors, type, name. */
  private static final Pattern EXTENT =
      Pattern.compile("(RW|RDONLY|NOACCESS)\\s+\\d+\\s+(\\w+)\\b(.*)");

  private static final Pattern ENTRY = Pattern.compile("\\s*([\\w.]+)\\s*=\\s*\"?([^\"]*)\"?\\s*");

  private VmdkDescriptor() {}

  /**
   * Refuses a descriptor that needs any other file.
   *
   * @param bytes where QEMU looks for the descriptor; the text ends at the first zero byte
   */
  static void check(ImageFile file, byte[] bytes) throws ImageRefused {
    String text = text(bytes);
    // QEMU searches the text as a whole, not line by line.
    if (text.toLowerCase(Locale.ROOT).contains("parentfilenamehint")) {
      throw file.refused("builds on a parent disk", file.convert());
    }
    List<Matcher> extents = new ArrayList<>();
    boolean typed = false;
    for (String line : text.lines().toList()) {
      Matcher extent = EXTENT.matcher(line.strip());
      if (extent.matches()) {
        extents.add(extent);
        continue;
      }
      Matcher entry = ENTRY.matcher(line);
      if (entry.matches()) {
        typed |= checkEntry(file, entry.group(1), entry.group(2));
      }
    }
    if (!typed) {
      throw file.damaged("its descriptor does not say what it is");
    }
    checkExtents(file, extents);
  }

  /** Returns whether this was the entry that states the type of the image. */
  private static boolean checkEntry(ImageFile file, String key, String value) throws ImageRefused {
    switch (key.toLowerCase(Locale.ROOT)) {
      case "parentcid" -> {
        if (!value.strip().equalsIgnoreCase("ffffffff")) {
          throw file.refused("builds on a parent disk", file.convert());
        }
      }
      case "createtype" -> {
        if (!TYPES.contains(value.strip().toLowerCase(Locale.ROOT))) {
          throw file.refused(
              "is of a type that is spread over files or devices, or unknown", file.convert());
        }
        return true;
      }
      default -> {}
    }
    return false;
  }

  /**
   * The name in the extent is not compared with the file's: renamed images keep the old one, and
   * neither VMware nor QEMU opens it when the descriptor is embedded. But it has to be a plain
   * name.
   */
  private static void checkExtents(ImageFile file, List<Matcher> extents) throws ImageRefused {
    if (extents.size() != 1) {
      throw file.refused("consists of " + extents.size() + " extents, not one", file.convert());
    }
    Matcher extent = extents.getFirst();
    if (!extent.group(2).equals("SPARSE")) {
      throw file.refused(
          "has an extent of type " + extent.group(2) + ", which is another file or a device",
          file.convert());
    }
    if (extent.group(3).contains("/") || extent.group(3).contains("\\")) {
      throw file.refused("has an extent in another directory", file.convert());
    }
  }

  private static String text(byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, 0, end, StandardCharsets.ISO_8859_1);
  }
}
