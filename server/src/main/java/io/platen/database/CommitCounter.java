package io.platen.database;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether anything was committed to an SQLite database since the last look, by whatever
 * process: {@code PRAGMA data_version} on a connection that never writes itself
 * (https://sqlite.org/pragma.html#pragma_data_version). A look takes microseconds, and does not
 * wait for anyone who opens or closes that connection, so an event loop may take it.
 */
final class CommitCounter implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(CommitCounter.class);

  private final String url;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile @Nullable Look look;
  private volatile boolean closed;

  /** What the look said last; the connection's own numbers mean nothing to the next one. */
  private long seen;

  private long count;

  CommitCounter(String url) {
    this.url = url;
  }

  /** The connection, the statement on it, and what it said first. */
  private record Look(Connection connection, PreparedStatement statement, long first) {
    static Look open(String url) throws SQLException {
      var properties = new Properties();
      properties.setProperty("open_mode", Database.OPEN_EXISTING);
      properties.setProperty("busy_timeout", "0");
      var connection = DriverManager.getConnection(url, properties);
      try {
        var statement = connection.prepareStatement("PRAGMA data_version");
        return new Look(connection, statement, version(statement));
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
    }

    /** Closes the result at once: an open one would keep the write-ahead log from being reset. */
    private static long version(PreparedStatement statement) throws SQLException {
      try (var row = statement.executeQuery()) {
        if (!row.next()) {
          throw new SQLException("PRAGMA data_version has no answer");
        }
        return row.getLong(1);
      }
    }

    long version() throws SQLException {
      return version(statement);
    }

    void close() {
      try {
        connection.close();
      } catch (SQLException e) {
        LOG.warnf("a connection to the database does not close: %s", e.getMessage());
      }
    }
  }

  /** Makes {@link #count} possible, at first and after a failure; takes up to milliseconds. */
  void open() {
    if (look != null || closed) {
      return;
    }
    Look opened;
    try {
      opened = Look.open(url);
    } catch (SQLException e) {
      // A read of the database fails with it now; answers are just not kept.
      LOG.debugf("commits can't be counted at the moment: %s", e.getMessage());
      return;
    }
    lock.lock();
    try {
      if (look == null && !closed) {
        look = opened;
        seen = opened.first();
        count++;
        return;
      }
    } finally {
      lock.unlock();
    }
    // Somebody else was first.
    opened.close();
  }

  /**
   * A number that is another one than before where anything was committed in between; empty where
   * that is not known at the moment.
   */
  OptionalLong count() {
    if (!lock.tryLock()) {
      return OptionalLong.empty();
    }
    try {
      var now = look;
      if (now == null) {
        return OptionalLong.empty();
      }
      long version = now.version();
      if (version != seen) {
        seen = version;
        count++;
      }
      return OptionalLong.of(count);
    } catch (SQLException e) {
      LOG.warnf("commits can't be counted any more: %s", e.getMessage());
      forget();
      return OptionalLong.empty();
    } finally {
      lock.unlock();
    }
  }

  /** Lets the next {@link #open} connect anew: another file may be in the place of the last. */
  void forget() {
    Look old;
    lock.lock();
    try {
      old = look;
      look = null;
    } finally {
      lock.unlock();
    }
    if (old != null) {
      old.close();
    }
  }

  @Override
  public void close() {
    closed = true;
    forget();
  }
}
