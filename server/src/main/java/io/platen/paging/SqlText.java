package io.platen.paging;

import java.util.ArrayList;
import java.util.List;

/** A statement as it is put together, with the values of its parameters in their order. */
final class SqlText {
  private final StringBuilder text = new StringBuilder(512);
  private final List<Object> values = new ArrayList<>();

  SqlText add(String part) {
    text.append(part);
    return this;
  }

  /** The value of the next {@code ?}. */
  SqlText bind(Object value) {
    values.add(value);
    return this;
  }

  String text() {
    return text.toString();
  }

  List<Object> values() {
    return values;
  }
}
