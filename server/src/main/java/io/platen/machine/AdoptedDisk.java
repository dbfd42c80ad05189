package io.platen.machine;

import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The disk that a machine was adopted with. A domain may have another file by now.
 *
 * @param path the file or block device
 * @param bytes of a raw one: its length when it was last captured, or adopted, below which it has
 *     lost something; 0 for other formats, which say themselves how long they have to be
 * @param target the disk's name in its domain, such as vda; null where there is no domain, or where
 *     it was adopted before the name was noted
 */
public record AdoptedDisk(Path path, DiskFormat format, long bytes, @Nullable String target) {
  /** A disk that is adopted now, with the size that it has. */
  public static AdoptedDisk of(Disk.Adopted file, long size, @Nullable String target) {
    long bytes = file.format() == DiskFormat.RAW ? size : 0;
    return new AdoptedDisk(file.path(), file.format(), bytes, target);
  }

  public Disk.Adopted file() {
    return new Disk.Adopted(path, format);
  }

  /**
   * The same disk, captured.
   *
   * @param length of its file, where it is a raw one
   * @param name in its domain; null where there is no domain
   */
  public AdoptedDisk found(long length, @Nullable String name) {
    return new AdoptedDisk(path, format, length, name);
  }
}
