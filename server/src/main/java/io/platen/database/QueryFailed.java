package io.platen.database;

import java.io.Serial;
import java.sql.SQLException;
import org.jdbi.v3.core.JdbiException;

/** A query that failed; its cause says why. */
final class QueryFailed extends JdbiException {
  @Serial private static final long serialVersionUID = 1L;

  QueryFailed(String sql, SQLException cause) {
    super("%s [%s]".formatted(cause.getMessage(), sql), cause);
  }
}
