package io.platen.backup;

import io.platen.database.Database;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** All rows of the tables that are dumped, as texts, to compare databases of either kind. */
final class Tables {
  private Tables() {}

  static Map<String, List<String>> rows(Database database) {
    var all = new TreeMap<String, List<String>>();
    for (var table : DumpedTables.ALL) {
      all.put(
          table.name(),
          database.read(
              handle ->
                  handle
                      .createQuery("SELECT * FROM " + table.name() + " ORDER BY " + table.order())
                      .mapToMap()
                      .map(
                          row ->
                              new TreeMap<>(row)
                                  .entrySet().stream()
                                      .map(Object::toString)
                                      .collect(Collectors.joining("|")))
                      .list()));
    }
    return all;
  }
}
