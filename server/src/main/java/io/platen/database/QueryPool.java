package io.platen.database;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jdbi.v3.core.ConnectionException;

/**
 * The connections of a pool, each with the statements that were prepared on it. The pool's own
 * wrappers forget their statements when a connection goes back, so these are of the connections
 * below.
 */
final class QueryPool {
  private final HikariDataSource pool;
  private final Runnable asked;
  private final ConcurrentHashMap<Connection, Queries> queries = new ConcurrentHashMap<>();

  /**
   * @param asked called for each statement that is run
   */
  QueryPool(HikariDataSource pool, Runnable asked) {
    this.pool = pool;
    this.asked = asked;
  }

  <R> R run(Function<Queries, R> work) {
    try (var connection = pool.getConnection()) {
      var below = connection.unwrap(Connection.class);
      try {
        return work.apply(of(below));
      } catch (QueryFailed e) {
        // The pool does not see what happens below it: the connection may be broken.
        queries.remove(below);
        pool.evictConnection(connection);
        throw e;
      }
    } catch (SQLException e) {
      throw new ConnectionException(e);
    }
  }

  private Queries of(Connection below) {
    var known = queries.get(below);
    if (known != null) {
      return known;
    }
    // Where a connection is new, an old one has gone.
    queries.keySet().removeIf(QueryPool::isClosed);
    var added = new Queries(below, asked);
    queries.put(below, added);
    return added;
  }

  private static boolean isClosed(Connection connection) {
    try {
      return connection.isClosed();
    } catch (SQLException e) {
      return true;
    }
  }
}
