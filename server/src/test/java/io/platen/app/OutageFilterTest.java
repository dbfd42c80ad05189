package io.platen.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class OutageFilterTest {
  private static final String SCHEDULER = "com.github.kagkarlsson.scheduler.RunUntilShutdown";

  private static boolean isShown(String logger, @Nullable Throwable thrown) {
    var line = new LogRecord(Level.SEVERE, "Unhandled exception. Will keep running.");
    line.setLoggerName(logger);
    line.setThrown(thrown);
    return new OutageFilter().isLoggable(line);
  }

  @Test
  void onlyWhatTheSchedulerSaysOfADatabaseThatIsAwayIsLeftOut() {
    var away = new IllegalStateException(new SQLTransientException("timed out after 5003ms"));
    assertThat(isShown(SCHEDULER, away)).isFalse();
    assertThat(isShown("io.platen.job.JobRunner", away)).isTrue();
    assertThat(isShown(SCHEDULER, new SQLException("no such table", "42P01"))).isTrue();
    assertThat(isShown(SCHEDULER, null)).isTrue();
    var notRolledBack = new IllegalStateException(new SQLException("Connection is closed"));
    assertThat(isShown(SCHEDULER, notRolledBack)).isTrue();
    notRolledBack.addSuppressed(away);
    assertThat(isShown(SCHEDULER, notRolledBack)).isFalse();
  }
}
