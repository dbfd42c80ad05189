package io.platen.backup;

import io.platen.database.Database;
import io.platen.job.RegularWork;
import io.platen.liveness.Watchdog;
import io.platen.notice.NoticeKind;
import io.platen.notice.Outbox;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.jdbi.v3.core.Handle;

/** Tells the operator when the last dump is too old: once, and again after there was one. */
public final class MissingBackup implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMinutes(5);
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final Database database;
  private final Outbox outbox;
  private final DoubleSupplier ageSeconds;
  private final Consumer<Handle> fence;
  private final RegularWork work;

  /**
   * A watch that does not begin yet.
   *
   * @param ageSeconds as {@link NightlyBackup#ageSeconds}
   * @param fence as of a {@link io.platen.job.JobRunner}
   */
  public MissingBackup(
      Database database,
      Outbox outbox,
      DoubleSupplier ageSeconds,
      Consumer<Handle> fence,
      Watchdog watchdog) {
    this.database = database;
    this.outbox = outbox;
    this.ageSeconds = ageSeconds;
    this.fence = fence;
    work = new RegularWork("age of the backup", LIMIT, watchdog, this::look);
  }

  public void start() {
    work.start(PAUSE);
  }

  void look() {
    double age = ageSeconds.getAsDouble();
    if (Double.isNaN(age)) {
      return;
    }
    boolean missing = age >= Dumps.OLD.toSeconds();
    database.change(
        handle -> {
          fence.accept(handle);
          if (missing) {
            outbox.raise(
                handle,
                NoticeKind.BACKUP_MISSING,
                "The database was not dumped for %d hours; the server's log says why, and \"platen backup\" does it now."
                    .formatted((long) age / 3600),
                Map.of("ageSeconds", (long) age));
          } else {
            outbox.clear(handle, NoticeKind.BACKUP_MISSING);
          }
        });
  }

  @Override
  public void close() {
    work.close();
  }
}
