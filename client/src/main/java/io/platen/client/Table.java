package io.platen.client;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Prints rows under headings, in columns as wide as they need to be. */
public final class Table {
  private final List<String[]> rows = new ArrayList<>();

  public Table(String... headings) {
    rows.add(headings);
  }

  public void row(Object... cells) {
    rows.add(Arrays.stream(cells).map(String::valueOf).toArray(String[]::new));
  }

  public void print(PrintStream out) {
    int columns = rows.getFirst().length;
    for (var row : rows) {
      var line = new StringBuilder();
      for (int column = 0; column < columns; column++) {
        int at = column;
        int width = rows.stream().mapToInt(cells -> cells[at].length()).max().orElse(0);
        line.append(row[column]).repeat(' ', width - row[column].length() + 2);
      }
      out.println(line.toString().stripTrailing());
    }
  }
}
