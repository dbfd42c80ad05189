package io.platen.upkeep;

import io.platen.database.Database;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The time that purging goes by. It is the server's clock, until that jumps: says that more than a
 * day has gone by since it was last looked at. Either no server ran for so long, or the clock is
 * wrong. For the next day the time is when the clock was looked at before, so that whoever reads
 * the log can set it before anything is purged too early.
 *
 * <p>What was seen is in the database, as a row of the table {@code setting}. Nodes share it: one
 * whose clock is ahead of the others' goes by theirs.
 */
final class PurgeClock {
  /** What counts as a jump, and for how long it is not believed. */
  static final Duration DAY = Duration.ofDays(1);

  /** How old what was noted may be, so that not every look writes. */
  static final Duration NOTED = Duration.ofHours(1);

  private static final Logger LOG = Logger.getLogger(PurgeClock.class);
  private static final String SETTING = "purge-clock";

  private final Database database;
  private final Consumer<Handle> fence;
  private final InstantSource clock;

  /** Whether the last look said that it jumped; a node ahead of others sees that each time. */
  private boolean jumped;

  /**
   * @param fence as of a {@link io.platen.job.JobRunner}
   */
  PurgeClock(Database database, Consumer<Handle> fence, InstantSource clock) {
    this.database = database;
    this.fence = fence;
    this.clock = clock;
  }

  /**
   * What was noted.
   *
   * @param seen when the clock was last looked at, as it said
   * @param before where it had jumped then, when it was looked at before that
   * @param until for how long the jump is not believed
   */
  private record Note(Instant seen, @Nullable Instant before, @Nullable Instant until) {
    static Note parse(String value) {
      String[] parts = value.split(" ", -1);
      return parts.length < 3
          ? new Note(Instant.parse(parts[0]), null, null)
          : new Note(Instant.parse(parts[0]), Instant.parse(parts[1]), Instant.parse(parts[2]));
    }

    String format() {
      return before == null ? seen.toString() : seen + " " + before + " " + until;
    }

    /** The note after a look. */
    Note next(Instant now) {
      if (now.isAfter(seen.plus(DAY))) {
        return new Note(now, seen, now.plus(DAY));
      }
      if (now.isBefore(seen.minus(NOTED))) {
        return new Note(now, null, null);
      }
      boolean isOver = until != null && !now.isBefore(until);
      if (isOver || !now.isBefore(seen.plus(NOTED))) {
        return new Note(now, isOver ? null : before, isOver ? null : until);
      }
      return this;
    }
  }

  /** Looks at the clock; returns the time to go by. */
  Instant instant() {
    Instant now = clock.instant();
    Note known = database.read(PurgeClock::find);
    Note note = known == null ? new Note(now, null, null) : known.next(now);
    if (!note.equals(known)) {
      database.change(
          handle -> {
            fence.accept(handle);
            write(handle, note);
          });
    }
    boolean jumps = known != null && known.seen().equals(note.before());
    if (known != null && jumps && !jumped) {
      LOG.warnf(
          "the clock says %s, and said %s when it was last looked at, %d days before: until %s only what was to be purged then is purged. Set the clock where it is wrong",
          now, known.seen(), Duration.between(known.seen(), now).toDays(), note.until());
    }
    jumped = jumps;
    return note.before() == null ? now : note.before();
  }

  private static @Nullable Note find(Handle handle) {
    return handle
        .createQuery("SELECT value FROM setting WHERE name = :name")
        .bind("name", SETTING)
        .mapTo(String.class)
        .findOne()
        .map(Note::parse)
        .orElse(null);
  }

  private static void write(Handle handle, Note note) {
    handle
        .createUpdate(
            """
            INSERT INTO setting (name, value) VALUES (:name, :value)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """)
        .bind("name", SETTING)
        .bind("value", note.format())
        .execute();
  }
}
