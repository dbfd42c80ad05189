package io.platen.database;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.OptionalLong;
import java.util.Properties;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether anything was committed to an SQLite database since the last look, by whatever
 * process: {@code PRAGMA data_version} on a connection that never writes itself
 * (https://sqlite.org/pragma.html#pragma_data_version). A look takes microseconds and never waits,
 * so an event loop may take it.
 */
final class CommitCounter implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(CommitCounter.class);

  private final String url;
  private volatile @Nullable Connection connection;
  private @Nullable PreparedStatement look;
  private long seen;
  private long count;

  CommitCounter(String url) {
    this.url = url;
  }

  /** Makes {@link #count} possible again after a failure; takes up to milliseconds. */
  void open() {
    if (connection == null) {
      connect();
    }
  }

  private synchronized void connect() {
    if (connection != null) {
      return;
    }
    var properties = new Properties();
    properties.setProperty("open_mode", Database.OPEN_EXISTING);
    properties.setProperty("busy_timeout", "0");
    try {
      var opened = DriverManager.getConnection(url, properties);
      connection = opened;
      look = opened.prepareStatement("PRAGMA data_version");
      // What the numbers of the connection before meant says nothing about those of this one.
      count++;
      seen = version(look);
    } catch (SQLException e) {
      lose(e);
    }
  }

  /**
   * A number that is another one than before where anything was committed in between; empty where
   * that can't be told at the moment.
   */
  synchronized OptionalLong count() {
    if (look == null) {
      return OptionalLong.empty();
    }
    try {
      long now = version(look);
      if (now != seen) {
        seen = now;
        count++;
      }
      return OptionalLong.of(count);
    } catch (SQLException e) {
      lose(e);
      return OptionalLong.empty();
    }
  }

  /** Closes the result at once: an open one would keep the write-ahead log from being reset. */
  private static long version(PreparedStatement look) throws SQLException {
    try (var row = look.executeQuery()) {
      return row.getLong(1);
    }
  }

  private void lose(SQLException failure) {
    LOG.debugf("commits can't be counted: %s", failure.getMessage());
    close();
  }

  @Override
  public synchronized void close() {
    var open = connection;
    connection = null;
    look = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        LOG.warnf("a connection to the database does not close: %s", e.getMessage());
      }
    }
  }
}
