package io.platen.model;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** Disk sizes as the API counts them: in GB of 2^30 bytes, from a fixed list. */
public final class Gigabytes {
  /** The sizes of the API's enumeration {@code defaultSizeGb}, ascending. */
  public static final List<Integer> SIZES =
      List.of(50, 100, 250, 500, 1000, 2000, 4000, 8000, 12000, 16000);

  private Gigabytes() {}

  /** The sizes, for messages. */
  public static String list() {
    return SIZES.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }

  public static boolean isSize(long gigabytes) {
    return SIZES.stream().anyMatch(size -> size == gigabytes);
  }

  public static long toBytes(long gigabytes) {
    return gigabytes << 30;
  }

  /** The smallest size that holds a disk of this many bytes; empty where none does. */
  public static OptionalInt smallestFor(long bytes) {
    return SIZES.stream()
        .mapToInt(Integer::intValue)
        .filter(size -> toBytes(size) >= bytes)
        .findFirst();
  }
}
