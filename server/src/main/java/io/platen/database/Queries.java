package io.platen.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Queries on one connection whose statements stay prepared, for what clients ask all the time.
 * Parameters are written as {@code ?}. Used by one thread at a time.
 */
public final class Queries {
  /** Statements that are kept; there are fewer kinds of lists, with their usual filters. */
  static final int KEPT = 64;

  /** A longer one names single rows, and is not asked again. */
  static final int KEPT_LENGTH = 4000;

  private static final Logger LOG = Logger.getLogger(Queries.class);

  /** Makes an object of the row that a result is at. */
  public interface RowReader<T> {
    T read(Row row) throws SQLException;
  }

  /** A statement and, once it was run, the columns of its answer. */
  private static final class Prepared {
    private final PreparedStatement statement;
    private Row.@Nullable Columns columns;

    Prepared(PreparedStatement statement) {
      this.statement = statement;
    }

    /**
     * Not asked before it was run: SQLite prepares a statement by the schema that the connection
     * saw last, and looks only when it runs whether another one changed it since.
     */
    Row.Columns columns(ResultSet result) throws SQLException {
      var known = columns;
      if (known == null) {
        known = Row.Columns.of(statement.getConnection(), result.getMetaData());
        columns = known;
      }
      return known;
    }
  }

  private final Connection connection;
  private final Runnable asked;

  /** By their SQL, the one that was used least lately first. */
  private final LinkedHashMap<String, Prepared> statements = new LinkedHashMap<>(KEPT, 0.75f, true);

  /**
   * @param connection in autocommit mode
   * @param asked called for each statement that is run
   */
  Queries(Connection connection, Runnable asked) {
    this.connection = connection;
    this.asked = asked;
  }

  /** All rows of the answer. */
  public <T> List<T> list(String sql, List<?> parameters, RowReader<T> reader) {
    try {
      if (sql.length() > KEPT_LENGTH) {
        try (var once = connection.prepareStatement(sql)) {
          return list(new Prepared(once), parameters, reader);
        }
      }
      return list(kept(sql), parameters, reader);
    } catch (SQLException e) {
      throw new QueryFailed(sql, e);
    }
  }

  /** The only row of the answer; empty where there is none. */
  public <T> Optional<T> find(String sql, List<?> parameters, RowReader<T> reader) {
    var rows = list(sql, parameters, reader);
    if (rows.size() > 1) {
      throw new IllegalStateException("more than one row: " + sql);
    }
    return rows.stream().findFirst();
  }

  private Prepared kept(String sql) throws SQLException {
    var known = statements.get(sql);
    if (known != null) {
      return known;
    }
    if (statements.size() >= KEPT) {
      close(statements.pollFirstEntry().getValue().statement);
    }
    var prepared = new Prepared(connection.prepareStatement(sql));
    statements.put(sql, prepared);
    return prepared;
  }

  /**
   * The result is closed at once: an open one would keep SQLite's write-ahead log from being reset.
   */
  private <T> List<T> list(Prepared prepared, List<?> parameters, RowReader<T> reader)
      throws SQLException {
    var statement = prepared.statement;
    for (int i = 0; i < parameters.size(); i++) {
      statement.setObject(i + 1, parameters.get(i));
    }
    asked.run();
    try (var result = statement.executeQuery()) {
      var row = new Row(result, prepared.columns(result));
      var rows = new ArrayList<T>();
      while (result.next()) {
        rows.add(reader.read(row));
      }
      return rows;
    }
  }

  private static void close(PreparedStatement statement) {
    try {
      statement.close();
    } catch (SQLException e) {
      LOG.warnf("a statement does not close: %s", e.getMessage());
    }
  }
}
