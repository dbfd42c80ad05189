package io.platen.paging;

import io.platen.model.ObjectName;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A condition on the rows of a list.
 *
 * @param sql the condition, the listed table under the name {@code o}, with at most one parameter,
 *     written as {@code ?}
 * @param value bound to the parameter; null where there is none
 */
public record Filter(String sql, @Nullable Object value) {
  public static Filter that(String sql) {
    return new Filter(sql, null);
  }

  public static Filter equal(String column, Object value) {
    return new Filter("o." + column + " = ?", value);
  }

  /** Rows whose column holds one of these numbers. */
  public static Filter oneOf(String column, List<Long> numbers) {
    String list = numbers.stream().map(String::valueOf).collect(Collectors.joining(", "));
    return that("o.%s IN (%s)".formatted(column, list.isEmpty() ? "NULL" : list));
  }

  /** Names that contain this text, whatever its case. */
  public static Filter nameContains(String text) {
    String pattern =
        "%" + ObjectName.fold(text).replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%";
    return new Filter("o.name_folded LIKE ? ESCAPE '!'", pattern);
  }
}
