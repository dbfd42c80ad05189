package io.platen.database;

import io.platen.liveness.OutOfMemory;
import io.platen.liveness.Pulse;
import io.platen.liveness.Watchdog;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The right of a data directory to be a node of a database, by the node's name, which one has at a
 * time: the rows of a node describe one store and the disks of one directory, and the jobs of
 * another would not find them. SQLite has one node, without a name.
 *
 * <p>The holder gives a sign of life every {@link #BEAT}. Another directory is refused whether the
 * holder lives or not, unless the operator says that it takes over, and the holder has ended. The
 * same directory elsewhere, moved or on a host that restarted, waits until the holder has ended. On
 * the same host no one waits: the lock of the directory sees to it that the process before has
 * ended.
 *
 * <p>The clock is the database's. A process that was stopped for longer than {@link #SILENT} may
 * have lost the claim when it goes on: what must have no effect then is checked in its transaction.
 */
public final class DatabaseClaim implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(DatabaseClaim.class);

  /** How often the holder gives a sign of life: a small transaction. */
  public static final Duration BEAT = Duration.ofSeconds(5);

  /** A holder without one for longer than this has ended, as for its jobs. */
  public static final Duration SILENT = BEAT.multipliedBy(4);

  /** As long as a database that has gone silent is waited for, and more. */
  private static final Duration BEAT_LIMIT = Duration.ofMinutes(3);

  private static final Duration LOOK = Duration.ofMillis(500);

  /** No number of a sign of life: those count from 0. */
  private static final long NONE = -1;

  private final Database database;
  private final Claimant claimant;
  private final List<Consumer<String>> listeners = new ArrayList<>();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("database-claim").factory());

  private volatile @Nullable String loss;
  private volatile @Nullable Pulse pulse;
  private boolean failing;

  private DatabaseClaim(Database database, Claimant claimant) {
    this.database = database;
    this.claimant = claimant;
    var _ =
        thread.scheduleWithFixedDelay(
            this::beat, BEAT.toMillis(), BEAT.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** What a claim comes to. */
  enum Verdict {
    TAKE,
    WAIT,
    REFUSE
  }

  /**
   * Takes the claim.
   *
   * @param takeOver whether the operator says that another data directory was stopped for good
   * @throws IOException where another data directory has the database; the message names it and the
   *     remedy
   */
  public static DatabaseClaim take(Database database, Claimant claimant, boolean takeOver)
      throws IOException, InterruptedException {
    return take(database, claimant, takeOver, SILENT);
  }

  /**
   * As {@link #take}.
   *
   * @param silent how long a holder gives no sign of life, while it is looked at, until it counts
   *     as ended whatever the database's clock says: that may have been set back
   */
  static DatabaseClaim take(Database database, Claimant claimant, boolean takeOver, Duration silent)
      throws IOException, InterruptedException {
    checkName(database, claimant);
    long limit = System.nanoTime() + silent.plus(BEAT).toNanos();
    long beat = NONE;
    long seen = 0;
    while (true) {
      long ended = beat != NONE && System.nanoTime() - seen > silent.toNanos() ? beat : NONE;
      var holder =
          database.transaction(handle -> attempt(database, handle, claimant, takeOver, ended));
      if (holder.isEmpty()) {
        return new DatabaseClaim(database, claimant);
      }
      if (holder.get().beat() != beat) {
        beat = holder.get().beat();
        seen = System.nanoTime();
      }
      boolean waits = verdict(holder.get(), claimant, takeOver) != Verdict.REFUSE;
      if (!waits || System.nanoTime() > limit) {
        throw new IOException(refusal(database, holder.get(), claimant, takeOver));
      }
      Thread.sleep(LOOK);
    }
  }

  /**
   * Refuses work that is another data directory's to do.
   *
   * @throws IOException where another one has the database, whether it is at work or not
   */
  public static void check(Database database, Claimant claimant) throws IOException {
    checkName(database, claimant);
    var row = database.read(handle -> ClaimRow.find(handle, database.dialect(), database.node()));
    if (row.isPresent() && !row.get().holder().id().equals(claimant.id())) {
      throw new IOException(refusal(database, row.get(), claimant, false));
    }
  }

  /** What is recorded of a node is found by its name. */
  private static void checkName(Database database, Claimant claimant) throws IOException {
    var known = database.read(handle -> ClaimRow.nameOf(handle, claimant));
    if (known.isPresent() && !known.get().equals(database.node())) {
      throw new IOException(
          "the data directory %s is the node \"%s\" of the database, and the configuration calls it \"%s\": say \"node: %s\" there"
              .formatted(claimant.path(), known.get(), database.node(), known.get()));
    }
  }

  /**
   * Empty where the claim is taken; otherwise who has it.
   *
   * @param ended the number of a sign of life whose giver has ended
   */
  private static Optional<ClaimRow> attempt(
      Database database, Handle handle, Claimant claimant, boolean takeOver, long ended) {
    var dialect = database.dialect();
    String name = database.node();
    if (ClaimRow.insert(handle, dialect, name, claimant)) {
      if (dialect == Dialect.POSTGRESQL) {
        ClaimRow.adopt(handle, name);
      }
      return Optional.empty();
    }
    var found = ClaimRow.find(handle, dialect, name).orElseThrow();
    var row = found.beat() == ended ? found.ended() : found;
    boolean taken =
        verdict(row, claimant, takeOver) == Verdict.TAKE
            && row.replace(handle, dialect, name, claimant);
    return taken ? Optional.empty() : Optional.of(row);
  }

  static Verdict verdict(ClaimRow row, Claimant claimant, boolean takeOver) {
    if (row.holder().id().equals(claimant.id())) {
      return row.holder().place().equals(claimant.place()) || row.hasEnded()
          ? Verdict.TAKE
          : Verdict.WAIT;
    }
    if (takeOver && row.isAhead()) {
      return Verdict.WAIT;
    }
    return takeOver && row.hasEnded() ? Verdict.TAKE : Verdict.REFUSE;
  }

  private static String refusal(
      Database database, ClaimRow row, Claimant claimant, boolean takeOver) {
    boolean isAlone = database.dialect() == Dialect.SQLITE;
    String remedy;
    if (row.holder().id().equals(claimant.id())) {
      remedy =
          "That is this data directory in another place, or a copy of it. Stop its process first; give a copy a database of its own, and delete %s in it"
              .formatted("directory.json");
    } else if (takeOver) {
      remedy =
          "It is at work: stop its process first. Where that process was killed, try again %d s after its end"
              .formatted(SILENT.toSeconds());
    } else if (!isAlone) {
      remedy =
          "Give the node of the data directory %s another name (\"node: NAME\" in its configuration); or, when the other one was stopped for good, run \"platen serve --take-over\" once"
              .formatted(claimant.path());
    } else {
      remedy =
          "Give the data directory %s a database of its own; or, when the other one was stopped for good, run \"platen serve --take-over\" once"
              .formatted(claimant.path());
    }
    String what =
        isAlone
            ? "one data directory works on a database, and this one"
            : "a node has one data directory, and \"" + database.node() + "\"";
    return "%s belongs to %s. %s".formatted(what, row.words(), remedy);
  }

  /**
   * To be called in a transaction that must have no effect without the claim.
   *
   * @throws ClaimLost where another one has it
   */
  public void require(Handle handle) {
    if (!ClaimRow.isHeld(handle, database.node(), claimant)) {
      throw new ClaimLost(
          "another data directory works on the database by now; %s changes nothing in it"
              .formatted(claimant.path()));
    }
  }

  /** Why the claim is lost; null while it is not. */
  public @Nullable String loss() {
    return loss;
  }

  /** Has a listener called, once, with the reason, when the claim is lost; at once where it is. */
  public void onLoss(Consumer<String> listener) {
    String lost;
    synchronized (listeners) {
      lost = loss;
      if (lost == null) {
        listeners.add(listener);
        return;
      }
    }
    listener.accept(lost);
  }

  /** Has a watchdog watch the thread that gives the signs of life. */
  public void watch(Watchdog watchdog) {
    pulse = watchdog.watch("claim of the database", BEAT_LIMIT);
  }

  /** Gives a sign of life, and finds out whether the claim is lost. */
  void beat() {
    var watched = pulse;
    if (watched != null) {
      watched.beat();
    }
    try {
      // Where the row is not this process' any more, an older database may have been put back.
      var holder =
          database.transaction(
              handle ->
                  ClaimRow.beat(handle, database.dialect(), database.node(), claimant)
                      ? Optional.<ClaimRow>empty()
                      : attempt(database, handle, claimant, false, NONE));
      failing = false;
      holder.filter(row -> verdict(row, claimant, false) != Verdict.TAKE).ifPresent(this::lose);
    } catch (RuntimeException | Error e) {
      // Thrown on, it would end the schedule.
      report(e);
    }
  }

  private void report(Throwable e) {
    OutOfMemory.endIfItIs(e);
    if (!Outage.isOutage(e)) {
      LOG.error("the sign of life to the database failed", e);
    } else if (!failing) {
      LOG.warnf("the database gets no sign of life for now: %s", Outage.words(e));
    }
    failing = true;
  }

  private void lose(ClaimRow row) {
    String reason =
        "the database was taken over by %s; %s stops its work"
            .formatted(row.words(), claimant.path());
    List<Consumer<String>> toCall;
    synchronized (listeners) {
      loss = reason;
      toCall = List.copyOf(listeners);
    }
    thread.shutdown();
    toCall.forEach(listener -> listener.accept(reason));
  }

  /** Gives the claim up, if it is not lost. */
  @Override
  public void close() {
    thread.shutdownNow();
    if (loss != null) {
      return;
    }
    try {
      database.transaction(
          handle -> ClaimRow.release(handle, database.dialect(), database.node(), claimant));
    } catch (RuntimeException e) {
      // After the silence it counts as given up.
      LOG.warnf("the end of this process could not be noted in the database: %s", e.getMessage());
    }
  }
}
