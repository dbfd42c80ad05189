package io.platen.rest;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** What lists can be ordered by, as the {@link ListOrder} of their method says it. */
public final class ListOrders {
  private ListOrders() {}

  /**
   * The orders of the one list that a resource has.
   *
   * @throws IllegalArgumentException where it has none, or several
   */
  public static List<String> of(Class<?> resource) {
    var lists =
        Arrays.stream(resource.getDeclaredMethods())
            .map(method -> method.getAnnotation(ListOrder.class))
            .filter(Objects::nonNull)
            .toList();
    if (lists.size() != 1) {
      throw new IllegalArgumentException(
          "%s has %d lists, not one".formatted(resource, lists.size()));
    }
    return List.of(lists.getFirst().value());
  }
}
