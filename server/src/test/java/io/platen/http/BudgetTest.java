package io.platen.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class BudgetTest {
  private final Budget budget = new Budget(10);

  @Test
  void whatIsMoreThanThereIsIsNotTaken() {
    assertThat(budget.take(7)).isTrue();
    assertThat(budget.take(4)).isFalse();
    assertThat(budget.take(3)).isTrue();
    assertThat(budget.isSpent()).isTrue();
    budget.giveBack(7);
    assertThat(budget.isSpent()).isFalse();
    assertThat(budget.take(7)).isTrue();
  }

  @Test
  void whatIsOverdrawnIsMissingUntilItIsGivenBack() {
    budget.overdraw(25);
    assertThat(budget.isSpent()).isTrue();
    budget.giveBack(10);
    assertThat(budget.take(1)).isFalse();
    budget.giveBack(15);
    assertThat(budget.take(10)).isTrue();
  }
}
