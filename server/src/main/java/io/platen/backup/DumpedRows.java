package io.platen.backup;

import io.platen.database.Dialect;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Writes the rows of a dump into the tables, which are emptied first. */
final class DumpedRows implements DumpReader.Visitor {
  /** Rows that are sent at once. */
  private static final int BATCH = 500;

  private final Connection connection;
  private final Dialect dialect;
  private final String place;
  private final List<DumpedTables.Table> tables;
  private @Nullable PreparedStatement insert;
  private int waiting;

  private DumpedRows(
      Connection connection, Dialect dialect, String place, List<DumpedTables.Table> tables) {
    this.tables = tables;
    this.connection = connection;
    this.dialect = dialect;
    this.place = place;
  }

  /** As {@link #restore(Handle, Dialect, DumpFile, DumpSummary, List)}, what a dump holds. */
  static void restore(Handle handle, Dialect dialect, DumpFile dump, DumpSummary expected)
      throws IOException {
    restore(handle, dialect, dump, expected, DumpedTables.ALL);
  }

  /**
   * Writes all rows, in the caller's transaction.
   *
   * @param expected what was read of the dump before
   * @param tables those that the dump may hold
   */
  static void restore(
      Handle handle,
      Dialect dialect,
      DumpFile dump,
      DumpSummary expected,
      List<DumpedTables.Table> tables)
      throws IOException {
    for (var table : tables.reversed()) {
      if (expected.rows().containsKey(table.name())) {
        handle.execute("DELETE FROM " + table.name());
      }
    }
    var rows = new DumpedRows(handle.getConnection(), dialect, dump.place(), tables);
    var read = dump.read(rows);
    rows.flush();
    if (!read.equals(expected)) {
      throw new DumpInvalid(dump.place(), "it was changed meanwhile");
    }
    for (var table : tables) {
      if (expected.rows().containsKey(table.name())) {
        goOn(handle, dialect, table);
      }
    }
  }

  /** Has numbers that count up go on behind those that were given. */
  private static void goOn(Handle handle, Dialect dialect, DumpedTables.Table table) {
    if (dialect == Dialect.POSTGRESQL && !table.serial().isEmpty()) {
      handle.execute(
          "SELECT setval(pg_get_serial_sequence('%1$s', '%2$s'), (SELECT COALESCE(MAX(%2$s), 0) + 1 FROM %1$s), false)"
              .formatted(table.name(), table.serial()));
    }
  }

  @Override
  public void header(DumpHeader header) {}

  @Override
  public void table(String name, List<String> columns) throws IOException {
    flush();
    var table =
        tables.stream()
            .filter(known -> known.name().equals(name))
            .findFirst()
            .orElseThrow(() -> new DumpInvalid(place, "it has a table " + name));
    try {
      if (!columns(name).equals(new HashSet<>(columns)) || columns.isEmpty()) {
        throw new DumpInvalid(
            place, "its table %s has other columns than its version".formatted(name));
      }
      String given =
          dialect == Dialect.POSTGRESQL && !table.serial().isEmpty()
              ? " OVERRIDING SYSTEM VALUE"
              : "";
      insert =
          connection.prepareStatement(
              "INSERT INTO %s (%s)%s VALUES (?%s)"
                  .formatted(
                      name, String.join(", ", columns), given, ", ?".repeat(columns.size() - 1)));
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  private Set<String> columns(String table) throws SQLException {
    try (var statement = connection.prepareStatement("SELECT * FROM " + table + " WHERE 1 = 0");
        var result = statement.executeQuery()) {
      var names = new HashSet<String>();
      for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
        names.add(result.getMetaData().getColumnName(i));
      }
      return names;
    }
  }

  @Override
  public void row(List<@Nullable Object> values) throws IOException {
    var statement = insert;
    if (statement == null) {
      throw new DumpInvalid(place, "a row is before its table");
    }
    try {
      for (int i = 0; i < values.size(); i++) {
        statement.setObject(i + 1, values.get(i));
      }
      statement.addBatch();
      waiting++;
      if (waiting == BATCH) {
        send(statement);
      }
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  private void send(PreparedStatement statement) throws SQLException {
    waiting = 0;
    var _ = statement.executeBatch();
  }

  private void flush() throws IOException {
    var statement = insert;
    insert = null;
    if (statement == null) {
      return;
    }
    try (statement) {
      if (waiting > 0) {
        send(statement);
      }
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  private IOException failed(SQLException e) {
    return new IOException("%s can't be restored: %s".formatted(place, e.getMessage()), e);
  }
}
