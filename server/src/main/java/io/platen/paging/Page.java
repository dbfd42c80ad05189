package io.platen.paging;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list.
 *
 * @param nextPage the cursor of the page that follows, null on the last one
 */
public record Page<T>(boolean hasMore, List<T> items, @Nullable String nextPage) {
  public <R> Page<R> map(Function<T, R> mapping) {
    return new Page<>(hasMore, items.stream().map(mapping).toList(), nextPage);
  }
}
