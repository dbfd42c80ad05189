package io.platen.collectionmodel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The checker on a model that can be counted by hand: two threads that each add 1 to a number. */
final class CheckerTest {
  private final Layout layout = new Layout();
  private final Field number = layout.numbers(3);
  private final Field[] stages = {layout.numbers(3), layout.numbers(3)};
  private final Field[] read = {layout.numbers(3), layout.numbers(3)};

  /** Reads the number, then writes what it read and 1 more. */
  private final Model twoSteps =
      new Model() {
        @Override
        public State initial() {
          return new State(layout.words());
        }

        @Override
        public void steps(State state, Steps out) {
          for (int i = 0; i < 2; i++) {
            step(state, i, out);
          }
        }
      };

  private void step(State state, int i, Steps out) {
    State next = state.copy();
    switch (stages[i].get(state)) {
      case 0 -> {
        read[i].set(next, number.get(state));
        stages[i].set(next, 1);
        out.step(next, () -> i + " reads");
      }
      case 1 -> {
        number.set(next, read[i].get(state) + 1);
        read[i].set(next, 0);
        stages[i].set(next, 2);
        out.step(next, () -> i + " writes");
      }
      default -> {}
    }
  }

  @Test
  void everyStateIsMetOnce() {
    var result = Checker.check(twoSteps, List.of(), 100);
    // By stages (0 to 2 each): 00 01 02 10 11 12 20 21 22; three of them with two numbers: 12 and
    // 21 with what was read before or after, 22 with 1 or 2.
    assertThat(result.states()).isEqualTo(12);
    assertThat(result.transitions()).isEqualTo(14);
    assertThat(result.violation()).isNull();
  }

  @Test
  void aBrokenPromiseHasAShortestTrace() {
    Promise bothCount =
        state ->
            stages[0].get(state) == 2 && stages[1].get(state) == 2 && number.get(state) != 2
                ? "one is lost"
                : null;
    var violation = Checker.check(twoSteps, List.of(bothCount), 100).violation();
    assertThat(violation)
        .isEqualTo(
            new Checker.Violation(
                "one is lost", List.of("0 reads", "1 reads", "0 writes", "1 writes")));
  }

  @Test
  void moreStatesThanTheLimitAreRefused() {
    assertThatThrownBy(() -> Checker.check(twoSteps, List.of(), 11))
        .isInstanceOf(IllegalStateException.class);
  }
}
