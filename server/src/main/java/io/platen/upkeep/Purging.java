package io.platen.upkeep;

import io.platen.database.Database;
import io.platen.job.RegularWork;
import io.platen.liveness.Watchdog;
import io.platen.template.IndexFiles;
import io.platen.template.TemplateDeletion;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/**
 * Purges the templates and snapshots that can be undeleted no more, and removes their indexes. What
 * only these named is freed by the next collection.
 */
public final class Purging implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Purging.class);
  private static final Duration PAUSE = Duration.ofMinutes(1);
  private static final Duration LIMIT = Duration.ofMinutes(5);

  /** How many one transaction purges, so that no writer waits for long. */
  private static final int BATCH = 100;

  private final Database database;
  private final TemplateDeletion deletion;
  private final IndexFiles indexes;
  private final StoreMatch match;
  private final Consumer<Handle> fence;
  private final PurgeClock clock;
  private final RegularWork work;

  /**
   * @param fence as of a {@link io.platen.job.JobRunner}
   */
  public Purging(
      Database database,
      TemplateDeletion deletion,
      IndexFiles indexes,
      StoreMatch match,
      Consumer<Handle> fence,
      InstantSource clock,
      Watchdog watchdog) {
    this.database = database;
    this.deletion = deletion;
    this.indexes = indexes;
    this.match = match;
    this.fence = fence;
    this.clock = new PurgeClock(database, fence, clock);
    work = new RegularWork("purging of templates", LIMIT, watchdog, this::purgeDue);
  }

  public void start() {
    work.start(PAUSE);
  }

  /**
   * Purges what is due now.
   *
   * @throws IOException where the store is not the database's: nothing is purged then
   */
  void purgeDue() throws IOException {
    Instant now = clock.instant();
    if (!database.read(handle -> deletion.isDue(handle, indexes.store(), now))) {
      return;
    }
    // An older database may call what was undeleted since deleted still.
    var objection = match.check();
    if (objection.isPresent()) {
      throw new IOException("nothing is purged: " + objection.get());
    }
    List<String> purged;
    do {
      work.beat();
      purged = database.transaction(handle -> batch(handle, now));
      if (!purged.isEmpty()) {
        LOG.infof(
            "purged: %s, which can be undeleted no more after %d days",
            String.join(", ", purged), deletion.undeletable().toDays());
        indexes.removeUnused(purged);
      }
    } while (purged.size() == BATCH);
  }

  private List<String> batch(Handle handle, Instant now) {
    fence.accept(handle);
    return deletion.purgeDue(handle, indexes.store(), now, BATCH);
  }

  @Override
  public void close() {
    work.close();
  }
}
