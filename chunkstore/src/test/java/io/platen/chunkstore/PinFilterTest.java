package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class PinFilterTest {
  private static ChunkId random(Random random) {
    return new ChunkId(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
  }

  @Test
  void itNeverLacksWhatWasAddedAndSeldomHoldsWhatWasNot() {
    PinFilter pins = new PinFilter();
    Random random = new Random(1);
    for (int i = 0; i < 1_000_000; i++) {
      pins.add(random(random));
    }
    PinFilter union = new PinFilter();
    union.addAll(pins);
    Random again = new Random(1);
    for (int i = 0; i < 1_000_000; i++) {
      ChunkId id = random(again);
      if (!pins.mayHold(id) || !union.mayHold(id)) {
        throw new AssertionError("an id is lost");
      }
    }
    int wrong = 0;
    for (int i = 0; i < 1_000_000; i++) {
      wrong += pins.mayHold(random(again)) ? 1 : 0;
    }
    assertThat(wrong).isBetween(1, 40);
  }
}
