package io.platen.machine;

import io.platen.disk.Disk;
import org.jspecify.annotations.Nullable;

/**
 * The disk of a machine: one that was adopted, or an overlay over a template's base image.
 *
 * @param bytes its size
 * @param adopted the disk of an adopted machine; null for one that was launched here
 * @param base what the disk of a launched machine stands on; null for an adopted one
 */
public record MachineDisk(long bytes, @Nullable AdoptedDisk adopted, @Nullable BaseTemplate base) {
  /** The disk of a machine that is launched here. */
  public static MachineDisk over(BaseTemplate base, long bytes) {
    return new MachineDisk(bytes, null, base);
  }

  /**
   * A disk that is adopted now, with the size that it has.
   *
   * @param target its name in its domain, such as vda; null where there is no domain
   */
  public static MachineDisk adopted(Disk.Adopted file, long bytes, @Nullable String target) {
    return new MachineDisk(bytes, AdoptedDisk.of(file, bytes, target), null);
  }
}
