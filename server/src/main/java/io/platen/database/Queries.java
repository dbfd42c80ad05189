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
    T read(ResultSet row) throws SQLException;
  }

  private final Connection connection;
  private final Runnable asked;

  /** By their SQL, the one that was used least lately first. */
  private final LinkedHashMap<String, PreparedStatement> statements =
      new LinkedHashMap<>(KEPT, 0.75f, true);

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
          return list(once, parameters, reader);
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

  private PreparedStatement kept(String sql) throws SQLException {
    var known = statements.get(sql);
    if (known != null) {
      return known;
    }
    if (statements.size() >= KEPT) {
      close(statements.pollFirstEntry().getValue());
    }
    var statement = connection.prepareStatement(sql);
    statements.put(sql, statement);
    return statement;
  }

  /**
   * The result is closed at once: an open one would keep SQLite's write-ahead log from being reset.
   */
  private <T> List<T> list(PreparedStatement statement, List<?> parameters, RowReader<T> reader)
      throws SQLException {
    for (int i = 0; i < parameters.size(); i++) {
      statement.setObject(i + 1, parameters.get(i));
    }
    asked.run();
    try (var row = statement.executeQuery()) {
      var rows = new ArrayList<T>();
      while (row.next()) {
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
