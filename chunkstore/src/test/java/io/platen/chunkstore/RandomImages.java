package io.platen.chunkstore;

import io.platen.chunkstore.contract.MemoryImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Images with random extents whose bytes agree with them. */
final class RandomImages {
  private static final List<Extent.Kind> KINDS = List.of(Extent.Kind.values());

  private RandomImages() {}

  /** Bytes that compress a little and repeat a little, as those of disks do. */
  static byte[] bytes(int length, long seed) {
    Random random = new Random(seed);
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    for (int at = 0; at < length; at += 1 << 19) {
      if (random.nextInt(3) == 0) {
        Arrays.fill(bytes, at, Math.min(length, at + (1 << 19)), (byte) random.nextInt(2));
      }
    }
    return bytes;
  }

  /** Extents that cover {@code length} bytes; many of them end on a chunk's boundary. */
  static List<Extent> extents(int length, Random random) {
    List<Extent> extents = new ArrayList<>();
    int at = 0;
    while (at < length) {
      int longest = 1 << random.nextInt(23);
      int end = (int) Math.min(length, (long) at + 1 + random.nextInt(longest));
      if (random.nextBoolean()) {
        end = (int) Math.min(length, (end + 0xfffffL) & ~0xfffffL);
      }
      Extent.Kind kind = KINDS.get(random.nextInt(KINDS.size()));
      extents.add(new Extent(at, end - at, kind));
      at = end;
    }
    return extents;
  }

  /**
   * An image with these extents: zero where they say so, the parent's where they say so and the
   * parent has it, and new bytes elsewhere.
   */
  static MemoryImage image(int length, List<Extent> extents, byte[] parent, long seed) {
    byte[] bytes = bytes(length, seed);
    for (Extent extent : extents) {
      int from = (int) extent.offset();
      int to = (int) (extent.offset() + extent.length());
      switch (extent.kind()) {
        case ZERO -> Arrays.fill(bytes, from, to, (byte) 0);
        case PARENT -> {
          int shared = Math.min(to, parent.length);
          if (shared > from) {
            System.arraycopy(parent, from, bytes, from, shared - from);
          }
        }
        case DATA -> {}
      }
    }
    return new MemoryImage(bytes, extents);
  }
}
