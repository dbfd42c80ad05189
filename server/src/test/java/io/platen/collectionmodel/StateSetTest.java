package io.platen.collectionmodel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class StateSetTest {
  @Test
  void itHoldsWhatASetOfListsHolds() {
    var random = new Random(1);
    var states = new StateSet(2);
    var expected = new HashSet<List<Long>>();
    var inOrder = new ArrayList<List<Long>>();
    for (int i = 0; i < 200_000; i++) {
      long high = random.nextInt(300);
      long low = (long) random.nextInt(300) << 40;
      boolean isNew = expected.add(List.of(high, low));
      assertThat(states.add(new State(new long[] {high, low}))).isEqualTo(isNew);
      if (isNew) {
        inOrder.add(List.of(high, low));
      }
    }
    assertThat(states.size()).isEqualTo(expected.size());
    for (int number = 0; number < inOrder.size(); number++) {
      long[] words = states.get(number).words;
      assertThat(List.of(words[0], words[1])).isEqualTo(inOrder.get(number));
    }
  }
}
