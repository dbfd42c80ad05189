package io.platen.job;

import com.github.kagkarlsson.scheduler.jdbc.PostgreSqlJdbcCustomization;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How db-scheduler's table is kept in PostgreSQL, where several nodes share it: each looks for its
 * own tasks only, however many wait for others.
 */
final class PostgresqlJobTable extends PostgreSqlJdbcCustomization {
  private final String own;

  /**
   * @param tasks the names of this node's tasks
   */
  PostgresqlJobTable(List<String> tasks) {
    super(false, false);
    own =
        tasks.stream()
            .map(task -> "'" + task.replace("'", "''") + "'")
            .collect(Collectors.joining(", ", " AND task_name IN (", ")"));
  }

  @Override
  public String createSelectDueQuery(
      String table, int limit, String andCondition, boolean orderByPriority) {
    return super.createSelectDueQuery(table, limit, andCondition + own, orderByPriority);
  }
}
