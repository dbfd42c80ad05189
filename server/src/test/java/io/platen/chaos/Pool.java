package io.platen.chaos;

import io.platen.support.Disks;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/**
 * Disks whose pieces come from a small pool: what one template loses its last name for, another one
 * finds again.
 */
final class Pool {
  private static final int MIB = 1 << 20;

  /** More than all templates of a moment name, so that others lie there as garbage. */
  private static final int PIECES = 128;

  /** In MiB. */
  static final int LENGTH = 12;

  private final Random random;
  private final Map<Integer, String> sums = new HashMap<>();
  private int contents;

  Pool(Random random) {
    this.random = random;
  }

  /**
   * Gives a disk another content.
   *
   * @return its number
   */
  int write(Path disk) throws IOException {
    try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength((long) LENGTH * MIB);
      for (int i = 0; i < LENGTH; i++) {
        byte[] piece = new byte[MIB];
        // One in four was never seen before.
        new Random(random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(PIECES))
            .nextBytes(piece);
        file.seek((long) i * MIB);
        file.write(piece);
      }
    }
    sums.put(++contents, Disks.sha256(disk));
    return contents;
  }

  String sum(int content) {
    return sums.getOrDefault(content, "");
  }

  /** The content of a template, by its name, which says so whatever it is renamed to. */
  static int contentOf(String name) {
    return Integer.parseInt(name.replaceFirst(".*c", ""));
  }
}
