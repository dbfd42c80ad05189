package io.platen.app;

import io.platen.database.Outage;
import io.quarkus.logging.LoggingFilter;
import java.util.logging.Filter;
import java.util.logging.LogRecord;
import java.util.stream.Stream;

/**
 * Leaves out of the log what db-scheduler says of a database that is away: the stack of the same
 * exception, forty lines a second for as long as that lasts. Who gives the sign of life, and each
 * regular work, say it once.
 */
@LoggingFilter(name = OutageFilter.NAME)
public final class OutageFilter implements Filter {
  /** As {@code application.properties} has it. */
  static final String NAME = "outages";

  private static final String SCHEDULER = "com.github.kagkarlsson.";

  @Override
  public boolean isLoggable(LogRecord line) {
    var thrown = line.getThrown();
    String logger = line.getLoggerName();
    return thrown == null || logger == null || !logger.startsWith(SCHEDULER) || !isOutage(thrown);
  }

  /** Where a rollback fails as well, what failed first is beside it. */
  private static boolean isOutage(Throwable thrown) {
    return Outage.isOutage(thrown) || Stream.of(thrown.getSuppressed()).anyMatch(Outage::isOutage);
  }
}
