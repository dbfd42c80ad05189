package io.platen.disk;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The image formats Platen adopts. The format is always stated by the person, never probed. */
public enum DiskFormat {
  RAW,
  QCOW2,
  VMDK,
  VDI,
  VHDX;

  /** The name QEMU and people use: {@code raw}, {@code qcow2}, {@code vmdk}, ... */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads a format's name, in any case.
   *
   * @throws IllegalArgumentException naming the valid formats
   */
  public static DiskFormat parse(String name) {
    for (DiskFormat format : values()) {
      if (format.label().equalsIgnoreCase(name.strip())) {
        return format;
      }
    }
    String valid = Arrays.stream(values()).map(DiskFormat::label).collect(Collectors.joining(", "));
    throw new IllegalArgumentException(
        "\"" + name + "\" is not a disk format; valid formats are " + valid);
  }

  @Override
  public String toString() {
    return label();
  }
}
