package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccountingTest {
  @TempDir Path directory;

  @Test
  void itEqualsANaiveRecountWhateverTheImagesShare() throws IOException {
    PoolImages images = new PoolImages(directory);
    Random random = new Random(5);
    List<Accounting.Owner> owners = new ArrayList<>();
    try (FileChunkStore store = FileChunkStore.open(images.store());
        Workspaces workspaces = new Workspaces(4)) {
      for (int i = 0; i < 14; i++) {
        List<Integer> chunks = new ArrayList<>();
        for (int c = 0; c < 1 + random.nextInt(7); c++) {
          chunks.add(random.nextInt(18));
        }
        Path index = images.capture(store, workspaces, "t" + i, chunks, null, new Cancellation());
        owners.add(new Accounting.Owner(new IndexRoot(index, null), "team" + random.nextInt(3)));
      }
    }
    Files.delete(new ChunkDirectory(images.store()).file(PoolImages.id(7)));

    for (int maxSlots : new int[] {1 << 20, 8}) {
      Accounting.Total total =
          new Accounting(new ChunkDirectory(images.store()), maxSlots)
              .count(images, owners, new Cancellation());
      Set<ChunkId> all = new HashSet<>();
      Map<String, Set<ChunkId>> groups = new HashMap<>();
      for (Accounting.Owner owner : owners) {
        all.addAll(ids(owner));
        groups.computeIfAbsent(owner.group(), key -> new HashSet<>()).addAll(ids(owner));
        assertThat(total.images().get(owner.index()))
            .as(owner.toString())
            .isEqualTo(naive(images, owner, owners));
      }
      assertThat(total.storedBytes()).isEqualTo(bytes(images, all));
      assertThat(total.storedChunks()).isEqualTo(all.size());
      groups.forEach(
          (group, ids) -> {
            Set<ChunkId> exclusive = new HashSet<>(ids);
            owners.stream()
                .filter(owner -> !owner.group().equals(group))
                .forEach(owner -> exclusive.removeAll(ids(owner)));
            assertThat(total.groups().get(group))
                .isEqualTo(
                    new Accounting.GroupUsage(
                        bytes(images, ids), bytes(images, exclusive), ids.size()));
          });
    }
  }

  private static Set<ChunkId> ids(Accounting.Owner owner) {
    Set<ChunkId> ids = new HashSet<>();
    PoolImages.chunks(owner.index().file()).forEach(number -> ids.add(PoolImages.id(number)));
    return ids;
  }

  private static long bytes(PoolImages images, Set<ChunkId> ids) {
    try {
      long sum = 0;
      for (ChunkId id : ids) {
        sum += images.storedBytes(id);
      }
      return sum;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static Accounting.Usage naive(
      PoolImages images, Accounting.Owner owner, List<Accounting.Owner> owners) {
    List<Integer> chunks = PoolImages.chunks(owner.index().file());
    Set<ChunkId> own = ids(owner);
    Set<ChunkId> exclusive = new HashSet<>(own);
    owners.stream().filter(other -> !other.equals(owner)).forEach(o -> exclusive.removeAll(ids(o)));
    return new Accounting.Usage(
        (long) chunks.size() * PoolImages.MIB,
        chunks.stream().filter(number -> number != 0).count() * PoolImages.MIB,
        bytes(images, own),
        bytes(images, exclusive),
        own.size(),
        own.size() - exclusive.size());
  }
}
