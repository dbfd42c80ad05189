package io.platen.collectionmodel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LayoutTest {
  @Test
  void fieldsDoNotTouchEachOther() {
    var layout = new Layout();
    List<Field> fields = new ArrayList<>();
    for (int values = 2; values < 70; values++) {
      fields.add(layout.numbers(values));
    }
    State state = new State(layout.words());
    for (int i = 0; i < fields.size(); i++) {
      fields.get(i).set(state, i + 1);
    }
    for (int i = 0; i < fields.size(); i++) {
      assertThat(fields.get(i).get(state)).isEqualTo(i + 1);
    }
    fields.getFirst().set(state, 0);
    assertThat(fields.get(1).get(state)).isEqualTo(2);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    var layout = new Layout();
    var field = layout.numbers(3);
    State state = new State(layout.words());
    assertThatThrownBy(() -> field.set(state, 4)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aFieldWithoutBitsIsZero() {
    var layout = new Layout();
    var none = layout.setIf(false, 5);
    var field = layout.numbers(2);
    State state = new State(layout.words());
    field.set(state, 1);
    none.set(state, 0);
    assertThat(none.get(state)).isZero();
    assertThat(none.has(state, 0)).isFalse();
  }
}
