package io.platen.backup;

import java.util.List;

/** The line before the rows of a table. */
record DumpTable(String table, List<String> columns) {
  DumpTable {
    columns = List.copyOf(columns);
  }
}
