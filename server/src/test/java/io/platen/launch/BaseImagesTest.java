package io.platen.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.chunkstore.FileChunkStore;
import io.platen.chunkstore.FileIndexStore;
import io.platen.chunkstore.ImageReader;
import io.platen.chunkstore.Workspaces;
import io.platen.config.DataDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Which base images leave the cache, beside a model of the rule. */
final class BaseImagesTest {
  private static final Instant THEN = Instant.parse("2026-01-01T00:00:00Z");
  private static final int BLOCK = 4096;

  /**
   * An image in the cache.
   *
   * @param blocks what it takes
   * @param used when it was last used, in seconds
   * @param needed whether a machine stands on it
   */
  record Image(int blocks, int used, boolean needed) {}

  @Provide
  Arbitrary<List<Image>> images() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 8),
            Arbitraries.integers().between(0, 5),
            Arbitraries.of(true, false))
        .as(Image::new)
        .list()
        .ofMaxSize(8);
  }

  private static String digest(int number) {
    return "%064x".formatted(number);
  }

  private static void write(Path file, Image image) throws IOException {
    byte[] bytes = new byte[image.blocks() * BLOCK];
    java.util.Arrays.fill(bytes, (byte) 1);
    Files.write(file, bytes);
    Files.setLastModifiedTime(file, FileTime.from(THEN.plusSeconds(image.used())));
  }

  @Property(tries = 200)
  void theLeastRecentlyUsedThatNoMachineStandsOnGoUntilTheLimitIsMet(
      @ForAll("images") List<Image> images, @ForAll @IntRange(max = 40) int limit)
      throws IOException {
    Path directory = Files.createTempDirectory("cache");
    try {
      var data = new DataDirectory(directory);
      data.create();
      check(data, images, limit);
    } finally {
      delete(directory);
    }
  }

  @Test
  void whatAKilledProcessWasBuildingIsRemovedAndNothingElse() throws IOException {
    Path directory = Files.createTempDirectory("cache");
    try {
      var data = new DataDirectory(directory);
      data.create();
      var image = Files.createFile(data.baseImage(digest(1)));
      var other = Files.createFile(data.cache().resolve(".other"));
      Files.createFile(
          data.cache().resolve("." + image.getFileName() + "." + UUID.randomUUID() + ".tmp"));
      BaseImages.removeUnfinished(data);
      try (var files = Files.list(data.cache())) {
        assertThat(files).containsExactlyInAnyOrder(image, other);
      }
    } finally {
      delete(directory);
    }
  }

  private static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static void check(DataDirectory data, List<Image> images, int limit) throws IOException {
    Set<String> needed = new HashSet<>();
    Set<String> expected = new TreeSet<>();
    List<Integer> byAge = new ArrayList<>();
    int blocks = 0;
    for (int i = 0; i < images.size(); i++) {
      var image = images.get(i);
      write(data.baseImage(digest(i)), image);
      expected.add(digest(i));
      byAge.add(i);
      blocks += image.blocks();
      if (image.needed()) {
        needed.add(digest(i));
      }
    }
    byAge.sort(Comparator.<Integer>comparingInt(i -> images.get(i).used()).thenComparing(i -> i));
    for (int i : byAge) {
      if (blocks > limit && !images.get(i).needed()) {
        expected.remove(digest(i));
        blocks -= images.get(i).blocks();
      }
    }

    try (var store = FileChunkStore.open(data.store());
        var workspaces = new Workspaces(1)) {
      var cache =
          new BaseImages(
              data,
              new FileIndexStore(data.indexes()),
              new ImageReader(store, workspaces, 1),
              OtherStores.NONE,
              (long) limit * BLOCK,
              () -> needed::contains);
      var evicted = cache.evict();
      assertThat(left(data)).isEqualTo(expected);
      assertThat(evicted.images()).isEqualTo(images.size() - expected.size());
      assertThat(evicted.leftBytes()).isEqualTo((long) blocks * BLOCK);
      assertThat(cache.evict().images()).isZero();
    }
  }

  private static Set<String> left(DataDirectory data) throws IOException {
    try (var files = Files.list(data.cache())) {
      var names = new TreeSet<String>();
      files.forEach(file -> names.add(file.getFileName().toString().replace(".raw", "")));
      return names;
    }
  }
}
