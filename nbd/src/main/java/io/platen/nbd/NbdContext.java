package io.platen.nbd;

import java.nio.charset.StandardCharsets;

/**
 * A metadata context: one kind of information about ranges of an export.
 *
 * @param name as the protocol spells it, namespace and colon included
 */
public record NbdContext(String name) {
  /** Holes and zeroes; flags: bit 0 hole, bit 1 reads as zeroes. Defined by the protocol itself. */
  public static final NbdContext BASE_ALLOCATION = new NbdContext("base:allocation");

  /**
   * Depth of the layer in the backing chain that a range is allocated in: 1 the top layer, 2 its
   * backing file, ..., 0 nowhere. Defined by QEMU's docs/interop/nbd.txt; {@code qemu-nbd -A}.
   */
  public static final NbdContext ALLOCATION_DEPTH = new NbdContext("qemu:allocation-depth");

  /** What was written to since the bitmap was begun; flags: bit 0 dirty. As above. */
  public static NbdContext dirtyBitmap(String bitmap) {
    return new NbdContext("qemu:dirty-bitmap:" + bitmap);
  }

  public NbdContext {
    Text.checkName("metadata context", name);
    if (name.indexOf(':') <= 0 || name.endsWith(":")) {
      throw new IllegalArgumentException("not the name of a single metadata context: " + name);
    }
  }

  byte[] bytes() {
    return name.getBytes(StandardCharsets.UTF_8);
  }
}
