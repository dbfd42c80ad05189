package io.platen.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Times in the database: milliseconds since 1970, or NULL. */
public final class Timestamps {
  private Timestamps() {}

  /** The time in a column; null where that has none. */
  public static @Nullable Instant orNull(ResultSet row, String column) throws SQLException {
    long millis = row.getLong(column);
    return row.wasNull() ? null : Instant.ofEpochMilli(millis);
  }
}
