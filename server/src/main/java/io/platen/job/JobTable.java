package io.platen.job;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerBuilder;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.logging.LogLevel;
import com.github.kagkarlsson.scheduler.task.Task;
import com.github.kagkarlsson.scheduler.task.helper.RecurringTask;
import io.platen.database.Database;
import io.platen.database.DatabaseClaim;
import io.platen.database.Dialect;
import io.platen.liveness.Watchdog;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/** One of db-scheduler's tables. */
public final class JobTable {
  /** A job made by another process (the command line) is found within this time. */
  private static final Duration POLLING = Duration.ofSeconds(1);

  /** How often a process that runs a job says that it is alive. */
  public static final Duration HEARTBEAT = DatabaseClaim.BEAT;

  /**
   * With db-scheduler's least number of missed heartbeats, 4, a dead server's jobs are free after
   * 20 s.
   */
  private static final int MISSED_HEARTBEATS = 4;

  /** Jobs are asked to stop before this wait begins, and do within a second. */
  private static final Duration SHUTDOWN = Duration.ofSeconds(5);

  private static final Duration FOR_GOOD = Duration.ofDays(36_500);

  private final Database database;
  private final String table;

  public JobTable(Database database, String table) {
    this.database = database;
    this.table = table;
  }

  /** Frees the jobs that an owner of this name had when it died. */
  public void release(String owner) {
    database.change(
        handle ->
            handle
                .createUpdate(
                    "UPDATE "
                        + table
                        + " SET picked = FALSE, picked_by = NULL, last_heartbeat = NULL, version = version + 1"
                        + " WHERE picked = TRUE AND picked_by = :owner")
                .bind("owner", owner)
                .execute());
  }

  /**
   * What runs these tasks, not started yet.
   *
   * @param owner the name under which jobs are marked as taken; the same after a restart, and no
   *     other process'
   * @param recurring those that are due again and again
   * @param watchdog watches the threads that hand out jobs and write heartbeats
   */
  public Scheduler scheduler(
      String owner,
      int threads,
      List<Task<?>> tasks,
      List<RecurringTask<?>> recurring,
      Watchdog watchdog) {
    return builder(owner, threads, tasks, recurring, watchdog).startTasks(recurring).build();
  }

  private SchedulerBuilder builder(
      String owner,
      int threads,
      List<Task<?>> tasks,
      List<RecurringTask<?>> recurring,
      Watchdog watchdog) {
    var builder =
        Scheduler.create(database.dataSource(), tasks)
            .tableName(table)
            .schedulerName(new SchedulerName.Fixed(owner))
            .threads(threads)
            .pollingInterval(POLLING)
            .heartbeatInterval(HEARTBEAT)
            .missedHeartbeatsLimit(MISSED_HEARTBEATS)
            .shutdownMaxWait(SHUTDOWN)
            .addSchedulerListener(new SchedulerPulse(watchdog, table))
            .failureLogging(LogLevel.DEBUG, false);
    if (database.dialect() == Dialect.SQLITE) {
      builder.jdbcCustomization(new SqliteJobTable());
    } else {
      builder
          .jdbcCustomization(
              new PostgresqlJobTable(
                  Stream.concat(tasks.stream(), recurring.stream()).map(Task::getName).toList(),
                  recurring.isEmpty()))
          // What other nodes left is not unknown because it is not this one's.
          .deleteUnresolvedAfter(FOR_GOOD);
    }
    return builder;
  }

  /** Schedules in the caller's transaction. */
  public SchedulerClient client(Handle handle) {
    var builder =
        SchedulerClient.Builder.create(TransactionDataSource.of(handle.getConnection()))
            .tableName(table);
    if (database.dialect() == Dialect.SQLITE) {
      builder.jdbcCustomization(new SqliteJobTable());
    }
    return builder.build();
  }

  /** Hands a job to another node; whoever has it at work has it no more. */
  void move(Handle handle, String instance, String node, Instant now) {
    handle
        .createUpdate(
            "UPDATE "
                + table
                + " SET task_name = :task, execution_time = :now, last_failure = NULL, consecutive_failures = 0, picked = FALSE, picked_by = NULL, last_heartbeat = NULL, version = version + 1"
                + " WHERE task_instance = :id")
        .bind("task", NodeTask.of(node).getTaskName())
        .bind("now", now.atOffset(ZoneOffset.UTC))
        .bind("id", instance)
        .execute();
  }

  /** Forgets a job. */
  public void remove(Handle handle, String instance) {
    handle
        .createUpdate("DELETE FROM " + table + " WHERE task_instance = :id")
        .bind("id", instance)
        .execute();
  }
}
