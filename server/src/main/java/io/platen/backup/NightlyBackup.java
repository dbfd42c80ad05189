package io.platen.backup;

import io.platen.config.DailyTime;
import io.platen.database.Database;
import io.platen.job.RegularWork;
import io.platen.liveness.Watchdog;
import io.platen.upkeep.StoreMatch;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jboss.logging.Logger;

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
  private final Database database;
  private final String shownDatabase;
  private final StoreMatch match;
  private final DailyTime time;
  private final InstantSource clock;
  private final RegularWork work;
  private Instant notBefore = Instant.MIN;

  /** When the newest dump was made; where there is none, since when there could be one. */
  private volatile Optional<Instant> last = Optional.empty();

  /**
   * A backup that does not begin yet.
   *
   * @param shownDatabase the database, as people may see it
   */
  public NightlyBackup(
      Dumps dumps,
      Database database,
      String shownDatabase,
      StoreMatch match,
      DailyTime time,
      InstantSource clock,
      Watchdog watchdog) {
    this.dumps = dumps;
    this.database = database;
    this.shownDatabase = shownDatabase;
    this.match = match;
    this.time = time;
    this.clock = clock;
    this.work = new RegularWork("backup of the database", LIMIT, watchdog, this::look);
  }

  public void start() {
    work.start(LOOK);
  }

  /** Makes a dump where one is due. */
  void look() throws IOException {
    var now = clock.instant();
    var newest = dumps.newest();
    var begin = newest.isPresent() ? newest : begin(database);
    last = begin;
    var moment = time.last(now);
    boolean due = moment.isPresent() && begin.isPresent() && begin.get().isBefore(moment.get());
    if (!due || now.isBefore(notBefore)) {
      return;
    }
    notBefore = now.plus(PAUSE);
    var made = dumps.make(database, shownDatabase, match);
    notBefore = Instant.MIN;
    last = dumps.newest();
    LOG.infof("the database is dumped to %s, %d bytes", made.place(), made.bytes());
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
