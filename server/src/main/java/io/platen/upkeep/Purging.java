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
import java.util.Optional;
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
    var due = due(now);
    if (due.isEmpty()) {
      return;
    }
    // An older database may call what was undeleted since deleted still.
    require(match.checkAgain());
    List<String> purged;
    do {
      work.beat();
      require(match.checkTold(due));
      purged = purge(due, now);
      if (!purged.isEmpty()) {
        LOG.infof(
            "purged: %s, which can be undeleted no more after %d days",
            String.join(", ", purged), deletion.undeletable().toDays());
        indexes.removeUnused(purged);
      }
      due = due(now);
    } while (purged.size() == BATCH);
  }

  private static void require(Optional<String> objection) throws IOException {
    if (objection.isPresent()) {
      throw new IOException("nothing is purged: " + objection.get());
    }
  }

  private List<String> due(Instant now) {
    return database.read(handle -> deletion.due(handle, indexes.store(), now, BATCH));
  }

  private List<String> purge(List<String> due, Instant now) {
    return database.transaction(
        handle -> {
          fence.accept(handle);
          return deletion.purgeDue(handle, due, now);
        });
  }

  @Override
  public void close() {
    work.close();
  }
}
