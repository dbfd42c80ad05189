package io.platen.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class ListOrdersTest {
  static final class OneList {
    @ListOrder({"dtCreated", "name"})
    void list() {}

    void get() {}
  }

  static final class NoList {}

  @Test
  void theOrdersAreThoseOfTheMethodThatLists() {
    assertThat(ListOrders.of(OneList.class)).containsExactly("dtCreated", "name");
  }

  @Test
  void aResourceWithoutAListHasNone() {
    assertThatThrownBy(() -> ListOrders.of(NoList.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has 0 lists");
  }
}
