package io.platen.backup;

import io.platen.config.DailyTime;
import io.platen.database.Database;
import io.platen.job.RegularWork;
import io.platen.liveness.Watchdog;
import io.platen.notice.NoticeKind;
import io.platen.notice.Outbox;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Dumps the database into the store each day. What is due is told by the dumps themselves, so a
 * server that was off at the time makes up for it when it starts.
 */
public final class NightlyBackup implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(NightlyBackup.class);

  private static final Duration LOOK = Duration.ofMinutes(1);

  /** After a dump that failed. */
  private static final Duration PAUSE = Duration.ofMinutes(15);

  /** Longer than a dump of any database takes. */
  private static final Duration LIMIT = Duration.ofHours(6);

  private final Dumps dumps;
  private final DumpSource source;
  private final Outbox outbox;
  private final Consumer<Handle> fence;
  private final DailyTime time;
  private final Keeper keeper;
  private final InstantSource clock;
  private final RegularWork work;
  private Instant notBefore = Instant.MIN;

  /** When the newest dump was made; where there is none, since when there could be one. */
  private volatile Optional<Instant> last = Optional.empty();

  /** Whether the last look found that a dump is missing; null before the first. */
  private @Nullable Boolean missing;

  /** Whether this node makes the dumps, and not another one with the same store. */
  @FunctionalInterface
  public interface Keeper {
    boolean isHere() throws IOException;
  }

  /**
   * A backup that does not begin yet.
   *
   * @param fence as of a {@link io.platen.job.JobRunner}
   */
  public NightlyBackup(
      Dumps dumps,
      DumpSource source,
      DailyTime time,
      Keeper keeper,
      Outbox outbox,
      Consumer<Handle> fence,
      InstantSource clock,
      Watchdog watchdog) {
    this.dumps = dumps;
    this.source = source;
    this.outbox = outbox;
    this.fence = fence;
    this.time = time;
    this.keeper = keeper;
    this.clock = clock;
    this.work = new RegularWork("backup of the database", LIMIT, watchdog, this::look);
  }

  public void start() {
    work.start(LOOK);
  }

  /** Makes a dump where one is due, and tells the operator where one is missing. */
  void look() throws IOException {
    try {
      dumpWhereDue();
    } finally {
      tell();
    }
  }

  private void dumpWhereDue() throws IOException {
    var now = clock.instant();
    var newest = dumps.newest();
    var begin = newest.isPresent() ? newest : begin(source.database());
    // A team of a time that is yet to come was made by a clock that was ahead. Since when a dump is
    // missing is not known then: it is due.
    boolean isAhead = begin.isPresent() && begin.get().isAfter(now);
    last = isAhead ? Optional.of(now) : begin;
    var moment = time.last(now);
    boolean due =
        moment.isPresent() && begin.isPresent() && (isAhead || begin.get().isBefore(moment.get()));
    if (!due || now.isBefore(notBefore) || !keeper.isHere()) {
      return;
    }
    notBefore = now.plus(PAUSE);
    var made = dumps.make(source);
    notBefore = Instant.MIN;
    last = dumps.newest();
    LOG.infof("the database is dumped to %s, %d bytes", made.place(), made.bytes());
  }

  private void tell() {
    boolean now = ageSeconds() > Dumps.OLD.toSeconds();
    if (Boolean.valueOf(now).equals(missing)) {
      return;
    }
    source
        .database()
        .change(
            handle -> {
              fence.accept(handle);
              if (now) {
                outbox.raise(
                    handle,
                    NoticeKind.BACKUP_MISSING,
                    "For more than two days no dump of the database was made; the log says why none is made, and \"platen backup\" makes one",
                    Map.of("since", last.map(Instant::toString).orElse("")));
              } else {
                outbox.clear(handle, NoticeKind.BACKUP_MISSING);
              }
            });
    missing = now;
  }

  /** When the first team was made: a database is not due for a dump before it holds anything. */
  public static Optional<Instant> begin(Database database) {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT MIN(dt_created) FROM team WHERE id <> ''")
                .mapTo(Long.class)
                .findOne()
                .map(Instant::ofEpochMilli));
  }

  /**
   * The age of the newest dump in seconds, or for how long there could have been one; NaN where
   * that is not known.
   */
  public double ageSeconds() {
    return last.map(at -> Duration.between(at, clock.instant()).toMillis() / 1000.0)
        .orElse(Double.NaN);
  }

  @Override
  public void close() {
    work.close();
  }
}
