package io.platen.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jboss.logging.Logger;

/**
 * Changes of the schema of a database that other nodes work on meanwhile. A change of a table waits
 * for all that read it, and all who come after wait for the change; where it changes two tables,
 * and somebody has read the one and wants the other, each waits for the other. So it is the change
 * that gives up, before PostgreSQL looks for such circles (after a second) and ends anybody else;
 * then it is tried again, from its beginning.
 */
final class SchemaChange {
  private static final Logger LOG = Logger.getLogger(SchemaChange.class);

  /** Less than PostgreSQL's deadlock_timeout. */
  private static final Duration PATIENCE = Duration.ofMillis(800);

  /** How long it is tried, whatever others do. */
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** Flyway has one for its table and one for each change at a time. */
  private static final int CONNECTIONS = 4;

  private static final String CONNECT_SECONDS = "5";
  private static final String DEADLOCK = "40P01";
  private static final String LOCK_TIMEOUT = "55P03";

  private SchemaChange() {}

  /**
   * Makes all changes that a database lacks.
   *
   * @param flyway what there is to be changed
   * @param url of a PostgreSQL database
   * @throws FlywayException where it can't be done, or others held what it needs all the time
   */
  static void beside(FluentConfiguration flyway, String url) {
    var config = new HikariConfig();
    config.setPoolName("platen-schema");
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(CONNECTIONS);
    config.setMinimumIdle(0);
    config.addDataSourceProperty("connectTimeout", CONNECT_SECONDS);
    config.addDataSourceProperty("tcpKeepAlive", "true");
    config.addDataSourceProperty("options", "-c lock_timeout=" + PATIENCE.toMillis());
    config.addDataSourceProperty("ApplicationName", "platen schema");
    try (var source = new HikariDataSource(config)) {
      insist(flyway.dataSource(source));
    }
  }

  private static void insist(FluentConfiguration flyway) {
    long begun = System.nanoTime();
    while (true) {
      try {
        flyway.load().migrate();
        return;
      } catch (FlywayException e) {
        if (!isInTheWay(e) || System.nanoTime() - begun > LIMIT.toNanos()) {
          throw e;
        }
        LOG.infof("the change of the schema waits for others: %s", reason(e));
      }
      // Those who waited for it have their turn.
      LockSupport.parkNanos(
          Duration.ofMillis(ThreadLocalRandom.current().nextInt(100, 400)).toNanos());
    }
  }

  private static boolean isInTheWay(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql
          && (DEADLOCK.equals(sql.getSQLState()) || LOCK_TIMEOUT.equals(sql.getSQLState()))) {
        return true;
      }
    }
    return false;
  }

  private static String reason(Throwable failure) {
    var cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage());
  }
}
