package io.platen.job;

import com.github.kagkarlsson.scheduler.jdbc.PostgreSqlJdbcCustomization;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How db-scheduler's table is kept in PostgreSQL, where several nodes share it: each looks for its
 * own tasks only, however many wait for others.
 *
 * <p>A task has a time by the clock of the node that made it, which may be ahead of this one's. One
 * that is to be done once, and was not put off yet, is due whatever its time is.
 */
final class PostgresqlJobTable extends PostgreSqlJdbcCustomization {
  private static final String DUE = "execution_time <= ?";
  private static final String DUE_OR_NEW = "(execution_time <= ? OR last_failure IS NULL)";

  private final String own;
  private final boolean areOnce;

  /**
   * @param tasks the names of this node's tasks
   * @param areOnce whether each of them is to be done once, at once
   */
  PostgresqlJobTable(List<String> tasks, boolean areOnce) {
    super(false, false);
    this.areOnce = areOnce;
    own =
        tasks.stream()
            .map(task -> "'" + task.replace("'", "''") + "'")
            .collect(Collectors.joining(", ", " AND task_name IN (", ")"));
  }

  @Override
  public String createSelectDueQuery(
      String table, int limit, String andCondition, boolean orderByPriority) {
    String query = super.createSelectDueQuery(table, limit, andCondition + own, orderByPriority);
    if (!areOnce) {
      return query;
    }
    if (!query.contains(DUE)) {
      throw new IllegalStateException("db-scheduler asks otherwise what is due: " + query);
    }
    return query.replace(DUE, DUE_OR_NEW);
  }
}
