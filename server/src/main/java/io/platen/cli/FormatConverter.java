package io.platen.cli;

import io.platen.disk.DiskFormat;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the name of a disk format on the command line. */
final class FormatConverter implements ITypeConverter<DiskFormat> {
  @Override
  public DiskFormat convert(String name) {
    try {
      return DiskFormat.parse(name);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(String.valueOf(e.getMessage()));
    }
  }
}
