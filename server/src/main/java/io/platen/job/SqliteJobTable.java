package io.platen.job;

import com.github.kagkarlsson.scheduler.jdbc.DefaultJdbcCustomization;
import io.platen.database.Timestamps;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How db-scheduler's table is kept in SQLite: instants as milliseconds since 1970, because SQLite's
 * driver has no offset date-times, and LIMIT for the size of a fetch, because it has no FETCH
 * FIRST.
 */
public final class SqliteJobTable extends DefaultJdbcCustomization {
  public SqliteJobTable() {
    super(true);
  }

  @Override
  public String getName() {
    return "SQLite";
  }

  @Override
  public void setInstant(PreparedStatement statement, int position, @Nullable Instant instant)
      throws SQLException {
    if (instant == null) {
      statement.setNull(position, java.sql.Types.BIGINT);
    } else {
      statement.setLong(position, instant.toEpochMilli());
    }
  }

  @Override
  public @Nullable Instant getInstant(ResultSet row, String column) throws SQLException {
    return Timestamps.orNull(row, column);
  }

  @Override
  public boolean supportsExplicitQueryLimitPart() {
    return true;
  }

  @Override
  public String getQueryLimitPart(int limit) {
    return " LIMIT " + limit;
  }
}
