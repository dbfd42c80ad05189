package io.platen.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.HandleConsumer;
import org.jdbi.v3.core.Jdbi;

/**
 * The metadata database: SQLite in the data directory, or PostgreSQL. The SQL is the same for both;
 * the URL decides.
 *
 * <p>A method that throws {@link org.jdbi.v3.core.JdbiException} has changed nothing: every change
 * is made inside one transaction.
 */
public final class Database implements AutoCloseable {
  /**
   * How long a statement waits for another process' write lock on SQLite, and for a connection of
   * the pool.
   */
  private static final int WAIT_MILLIS = 10_000;

  private static final int CONNECTIONS = 8;

  private final HikariDataSource dataSource;
  private final Jdbi jdbi;
  private final Dialect dialect;

  /**
   * SQLite admits one writer. Waiting here, in order of arrival, spares the writers SQLite's own
   * wait, which polls and is unfair.
   */
  private final ReentrantLock writers = new ReentrantLock(true);

  private Database(HikariDataSource dataSource, Dialect dialect) {
    this.dataSource = dataSource;
    this.dialect = dialect;
    this.jdbi = Jdbi.create(dataSource);
  }

  /** The URL of the SQLite database in this file. */
  public static String sqliteUrl(Path file) {
    return "jdbc:sqlite:" + file.toAbsolutePath();
  }

  /** Connects, and brings the schema up to date. */
  public static Database open(String url) {
    var dialect = Dialect.of(url);
    var config = new HikariConfig();
    config.setPoolName("platen");
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(CONNECTIONS);
    config.setConnectionTimeout(WAIT_MILLIS);
    if (dialect == Dialect.SQLITE) {
      config.addDataSourceProperty("journal_mode", "WAL");
      config.addDataSourceProperty("synchronous", "FULL");
      config.addDataSourceProperty("foreign_keys", "true");
      config.addDataSourceProperty("busy_timeout", Integer.toString(WAIT_MILLIS));
      // A transaction takes the write lock when it begins: one that began as a reader can't be
      // upgraded while another
      // writer is ahead of it, and would fail at once instead of waiting.
      config.addDataSourceProperty("transaction_mode", "IMMEDIATE");
    }
    var database = new Database(new HikariDataSource(config), dialect);
    try {
      database.migrate();
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
    return database;
  }

  private void migrate() {
    Flyway.configure()
        .dataSource(dataSource)
        .locations("classpath:db/migration", "classpath:db/" + dialect.label())
        .placeholders(
            Map.of(
                "c", dialect.byteOrder(),
                "serial", dialect.serialType(),
                "instant", dialect.instantType(),
                "bytes", dialect.bytesType()))
        .load()
        .migrate();
  }

  public Dialect dialect() {
    return dialect;
  }

  /** The pool itself, for db-scheduler; connections are in autocommit mode. */
  public DataSource dataSource() {
    return dataSource;
  }

  /** Runs statements that only read, each seeing what was committed when it began. */
  public <R, X extends Exception> R read(HandleCallback<R, X> work) throws X {
    return jdbi.withHandle(work);
  }

  /**
   * Runs {@code work} in one transaction: committed when it returns, rolled back when it throws.
   */
  public <R, X extends Exception> R transaction(HandleCallback<R, X> work) throws X {
    if (dialect != Dialect.SQLITE) {
      return jdbi.inTransaction(work);
    }
    writers.lock();
    try {
      return jdbi.inTransaction(work);
    } finally {
      writers.unlock();
    }
  }

  /** As {@link #transaction}, without a result. */
  public <X extends Exception> void change(HandleConsumer<X> work) throws X {
    transaction(
        handle -> {
          work.useHandle(handle);
          return true;
        });
  }

  @Override
  public void close() {
    dataSource.close();
  }
}
