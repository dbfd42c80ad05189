package io.platen.config;

import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The stores that a configuration names, and which one each region uses.
 *
 * @param buckets by their names
 * @param directories by their names
 * @param regions names of stores by those of regions; empty where all regions use one store
 */
public record StoresConfig(
    Map<String, S3Config> buckets,
    Map<String, DirectoryStore> directories,
    Map<String, String> regions) {
  /** No store but that in the data directory. */
  public static final StoresConfig NONE = new StoresConfig(Map.of(), Map.of(), Map.of());

  public StoresConfig {
    buckets = Map.copyOf(buckets);
    directories = Map.copyOf(directories);
    regions = Map.copyOf(regions);
  }

  /** Whether there are none, so that the store is in the data directory. */
  public boolean isEmpty() {
    return buckets.isEmpty() && directories.isEmpty();
  }

  /**
   * The store of a region; empty where no one is named for it, and there is none for all.
   *
   * @param region its short name; empty for that of a node of every region
   */
  public Optional<String> of(String region) {
    if (regions.isEmpty()) {
      return Stream.concat(buckets.keySet().stream(), directories.keySet().stream()).findFirst();
    }
    var used = regions.values().stream().distinct().toList();
    return used.size() == 1 && region.isEmpty()
        ? Optional.of(used.getFirst())
        : Optional.ofNullable(regions.get(region));
  }
}
