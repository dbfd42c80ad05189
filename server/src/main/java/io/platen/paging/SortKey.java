package io.platen.paging;

import org.jspecify.annotations.Nullable;

/**
 * What a list is sorted by.
 *
 * @param column the column that holds it
 * @param numeric whether it holds numbers; text otherwise
 * @param moves for a key that can change: the name under which {@code list_move} keeps the old ones
 */
public record SortKey(String column, boolean numeric, @Nullable String moves) {
  /** A time of creation: it never changes. */
  public static SortKey time(String column) {
    return new SortKey(column, true, null);
  }

  /** A text that never changes. */
  public static SortKey fixedText(String column) {
    return new SortKey(column, false, null);
  }

  /** A text that can change. */
  public static SortKey movingText(String column, String moves) {
    return new SortKey(column, false, moves);
  }

  Object parse(String key) {
    return numeric ? (Object) Long.parseLong(key) : key;
  }
}
