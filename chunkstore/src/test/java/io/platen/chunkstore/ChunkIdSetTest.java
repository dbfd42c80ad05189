package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChunkIdSetTest {
  private static ChunkId random(Random random) {
    return new ChunkId(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
  }

  @Test
  void itHoldsWhatAMapHolds() throws IOException {
    Random random = new Random(1);
    ChunkIdSet set = new ChunkIdSet(0, ChunkIdSet.PREFIXES);
    Map<ChunkId, Long> map = new HashMap<>();
    for (int i = 0; i < 20_000; i++) {
      ChunkId id = random(random);
      set.put(id, i + 1);
      map.put(id, i + 1L);
      if (i % 3 == 0) {
        set.put(id, i + 2);
        map.put(id, i + 2L);
      }
    }
    assertThat(set.count()).isEqualTo(map.size());
    assertThat(set.get(random(random))).isZero();
    Map<ChunkId, Long> visited = new HashMap<>();
    set.forEach(visited::put);
    assertThat(visited).isEqualTo(map);
    map.forEach((id, value) -> assertThat(set.get(id)).isEqualTo(value));
  }

  @Test
  void whenItIsFullItCoversLessAndPassesCoverAll() throws IOException {
    Random random = new Random(2);
    Map<ChunkId, Long> map = new HashMap<>();
    for (int i = 0; i < 10_000; i++) {
      map.put(random(random), 1L);
    }
    Map<ChunkId, Long> visited = new HashMap<>();
    int passes = 0;
    for (int from = 0; from < ChunkIdSet.PREFIXES; passes++) {
      ChunkIdSet set = new ChunkIdSet(from, ChunkIdSet.PREFIXES, 1024);
      map.forEach(set::put);
      assertThat(set.slots()).isEqualTo(1024);
      set.forEach(
          (id, value) -> {
            assertThat(set.covers(id)).isTrue();
            assertThat(visited.put(id, value)).isNull();
          });
      from = set.end();
    }
    assertThat(visited).isEqualTo(map);
    assertThat(passes).isBetween(14, 40);
  }

  @Test
  void idsThatAllBeginAlikeMakeItGrow() throws IOException {
    ChunkIdSet set = new ChunkIdSet(0, ChunkIdSet.PREFIXES, 1024);
    for (int i = 0; i < 5000; i++) {
      set.put(new ChunkId(i, i, 3, 4), 1);
    }
    assertThat(set.count()).isEqualTo(5000);
    assertThat(set.end()).isEqualTo(1);
  }
}
