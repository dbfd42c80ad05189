package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.chunkstore.contract.PoolImages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccountingTest {
  private static final int OWNERS = 4;

  @TempDir Path directory;

  private DirectoryUnderTest made() {
    return new DirectoryUnderTest(directory);
  }

  private record Owned(IndexRoot index, int owner) {}

  @Test
  void itEqualsANaiveRecountWhateverTheImagesShare() throws IOException {
    PoolImages images = new PoolImages(made().indexes());
    Random random = new Random(5);
    List<Owned> all = new ArrayList<>();
    try (FileChunkStore store = made().open();
        Workspaces workspaces = new Workspaces(4)) {
      for (int i = 0; i < 16; i++) {
        List<Integer> chunks = new ArrayList<>();
        for (int c = 0; c < 1 + random.nextInt(7); c++) {
          chunks.add(random.nextInt(24));
        }
        String index = images.capture(store, workspaces, "t" + i, chunks, null, new Cancellation());
        all.add(new Owned(new IndexRoot(index, null), random.nextInt(OWNERS + 1) - 1));
      }
    }
    all.sort(Comparator.comparingInt(Owned::owner));
    made().loseChunk(PoolImages.id(7));

    for (int maxSlots : new int[] {1 << 20, 8}) {
      Accounting.Total total = count(images, all, maxSlots);
      for (int owner = 0; owner < OWNERS; owner++) {
        assertThat(total.owners().get(owner)).contains(naive(owner, all));
      }
      Set<ChunkId> owned = ids(all, other -> other != Accounting.OTHERS);
      assertThat(total.storedBytes()).isEqualTo(bytes(owned));
      assertThat(total.storedChunks()).isEqualTo(owned.size());
    }
  }

  @Test
  void anOwnerOfWhomNothingIsLeftTakesNothing() throws IOException {
    PoolImages images = new PoolImages(made().indexes());
    List<Owned> all = new ArrayList<>();
    try (FileChunkStore store = made().open();
        Workspaces workspaces = new Workspaces(4)) {
      for (int i = 0; i < 2; i++) {
        String index =
            images.capture(store, workspaces, "t" + i, List.of(1, 2), null, new Cancellation());
        all.add(new Owned(new IndexRoot(index, null), i));
      }
    }
    images.delete(all.getFirst().index().name());

    Accounting.Total total = count(images, all, 1 << 20);
    assertThat(total.owners().getFirst()).isEmpty();
    assertThat(total.owners().get(1))
        .get()
        .extracting(Accounting.Usage::sharedChunks)
        .isEqualTo(0L);
  }

  private Accounting.Total count(PoolImages images, List<Owned> all, int maxSlots)
      throws IOException {
    return new Accounting(made().reader(), maxSlots)
        .count(
            images,
            visitor -> {
              for (Owned owned : all) {
                visitor.visit(owned.index(), owned.owner());
              }
            },
            OWNERS,
            new Cancellation());
  }

  private static Set<ChunkId> ids(List<Owned> all, IntPredicate owner) {
    Set<ChunkId> ids = new HashSet<>();
    all.stream()
        .filter(owned -> owner.test(owned.owner()))
        .flatMap(owned -> PoolImages.chunks(owned.index().name()).stream())
        .forEach(number -> ids.add(PoolImages.id(number)));
    return ids;
  }

  private long bytes(Set<ChunkId> ids) {
    try {
      long sum = 0;
      for (ChunkId id : ids) {
        sum += made().storedBytes(id);
      }
      return sum;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Accounting.Usage naive(int owner, List<Owned> all) {
    List<Integer> chunks =
        all.stream()
            .filter(owned -> owned.owner() == owner)
            .flatMap(owned -> PoolImages.chunks(owned.index().name()).stream())
            .toList();
    Set<ChunkId> own = ids(all, some -> some == owner);
    Set<ChunkId> exclusive = new HashSet<>(own);
    exclusive.removeAll(ids(all, some -> some != owner));
    return new Accounting.Usage(
        (long) chunks.size() * PoolImages.MIB,
        chunks.stream().filter(number -> number != 0).count() * PoolImages.MIB,
        bytes(own),
        bytes(exclusive),
        own.size(),
        own.size() - exclusive.size());
  }
}
