package io.platen.backup;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes the lines of a dump, one row at a time. */
final class DumpWriter {
  /** Rows that PostgreSQL sends at once. */
  private static final int FETCH = 500;

  private static final JsonMapper JSON = new JsonMapper();

  private final OutputStream out;
  private final MessageDigest digest = Sha256.make();
  private final Map<String, Long> rows = new LinkedHashMap<>();

  private DumpWriter(OutputStream out) {
    this.out = out;
  }

  /** As {@link #write(Connection, DumpHeader, List, OutputStream)}, what a dump holds. */
  static DumpSummary write(Connection connection, DumpHeader header, OutputStream out)
      throws SQLException, IOException {
    return write(connection, header, DumpedTables.ALL, out);
  }

  /**
   * Writes those of these tables that there are.
   *
   * @param connection in the transaction that sees one moment
   */
  static DumpSummary write(
      Connection connection, DumpHeader header, List<DumpedTables.Table> tables, OutputStream out)
      throws SQLException, IOException {
    var writer = new DumpWriter(out);
    writer.line(header);
    for (var table : tables) {
      if (exists(connection, table.name())) {
        writer.table(connection, table, header.time());
      }
    }
    String sha256 = HexFormat.of().formatHex(writer.digest.digest());
    out.write(JSON.writeValueAsBytes(new DumpEnd(writer.rows, sha256)));
    out.write('\n');
    return new DumpSummary(header, writer.rows, sha256);
  }

  /** A database whose schema is older lacks some. */
  private static boolean exists(Connection connection, String table) throws SQLException {
    try (var found =
        connection
            .getMetaData()
            .getTables(connection.getCatalog(), connection.getSchema(), table, null)) {
      return found.next();
    }
  }

  private void table(Connection connection, DumpedTables.Table table, Instant made)
      throws SQLException, IOException {
    String where = table.condition().isEmpty() ? "" : " WHERE " + table.condition();
    String sql = "SELECT * FROM " + table.name() + where + " ORDER BY " + table.order();
    try (var statement = connection.prepareStatement(sql)) {
      statement.setFetchSize(FETCH);
      if (where.indexOf('?') >= 0) {
        statement.setLong(1, made.minus(DumpedTables.EVENTS).toEpochMilli());
      }
      try (var result = statement.executeQuery()) {
        rows(table.name(), result);
      }
    }
  }

  private void rows(String table, ResultSet result) throws SQLException, IOException {
    var columns = new ArrayList<String>();
    for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
      columns.add(result.getMetaData().getColumnName(i));
    }
    line(new DumpTable(table, columns));
    long count = 0;
    while (result.next()) {
      line(row(table, columns, result));
      count++;
    }
    rows.put(table, count);
  }

  private static List<@Nullable Object> row(String table, List<String> columns, ResultSet result)
      throws SQLException {
    var row = new ArrayList<@Nullable Object>(columns.size());
    for (int i = 1; i <= columns.size(); i++) {
      var value = result.getObject(i);
      row.add(
          switch (value) {
            case null -> null;
            case String text -> text;
            case Long number -> number;
            case Integer number -> number;
            default ->
                throw new IllegalStateException(
                    "%s.%s holds a %s, which no dump can"
                        .formatted(table, columns.get(i - 1), value.getClass()));
          });
    }
    return row;
  }

  private void line(Object value) throws IOException {
    byte[] bytes = JSON.writeValueAsBytes(value);
    digest.update(bytes);
    digest.update((byte) '\n');
    out.write(bytes);
    out.write('\n');
  }
}
