package io.platen.database;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;

/** The row that a result is at, its values by the names of their columns. */
public final class Row {
  /**
   * Where the columns of a result are.
   *
   * @param indexes by their names
   * @param asBytes whether a text is there as bytes as well: SQLite's driver takes four times as
   *     long to make a text, in a buffer of its own and with a call back from C
   */
  record Columns(Map<String, Integer> indexes, boolean asBytes) {
    static Columns of(Connection connection, ResultSetMetaData columns) throws SQLException {
      var indexes = new HashMap<String, Integer>();
      for (int i = 1; i <= columns.getColumnCount(); i++) {
        indexes.putIfAbsent(columns.getColumnLabel(i), i);
      }
      return new Columns(indexes, connection instanceof SQLiteConnection);
    }

    int index(String column) {
      var index = indexes.get(column);
      if (index == null) {
        throw new IllegalArgumentException("no column " + column + " in " + indexes.keySet());
      }
      return index;
    }
  }

  private final ResultSet result;
  private final @Nullable Columns columns;

  /**
   * @param columns null where they are not known
   */
  Row(ResultSet result, @Nullable Columns columns) {
    this.result = result;
    this.columns = columns;
  }

  /** The row of a result that JDBI reads. */
  public static Row of(ResultSet result) {
    return new Row(result, null);
  }

  /** The result itself. */
  public ResultSet result() {
    return result;
  }

  /** The text in a column that is never null. */
  public String text(String column) throws SQLException {
    String text = textOrNull(column);
    if (text == null) {
      throw new IllegalStateException("column " + column + " is null");
    }
    return text;
  }

  public @Nullable String textOrNull(String column) throws SQLException {
    if (columns == null) {
      return result.getString(column);
    }
    int index = columns.index(column);
    if (!columns.asBytes()) {
      return result.getString(index);
    }
    byte[] bytes = result.getBytes(index);
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }

  /** The number in a column; 0 where it is null. */
  public long number(String column) throws SQLException {
    return columns == null ? result.getLong(column) : result.getLong(columns.index(column));
  }

  /** The time in a column that holds milliseconds since 1970, and is never null. */
  public Instant time(String column) throws SQLException {
    return Instant.ofEpochMilli(number(column));
  }

  public @Nullable Instant timeOrNull(String column) throws SQLException {
    long millis = number(column);
    return result.wasNull() ? null : Instant.ofEpochMilli(millis);
  }
}
