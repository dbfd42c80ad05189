package io.platen.node;

import static java.util.Objects.requireNonNull;

import io.platen.database.DatabaseClaim;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * What this node itself has seen of other nodes' signs of life. While the database is away, or its
 * clock is set, all nodes seem to have been silent: so one is judged only after this node has seen
 * it silent, in looks without a gap, for long enough. Safe for use by several threads at once.
 */
public final class SeenSilence {
  /**
   * How long this node has to see that another one gives no sign of life: three of them. With the
   * time between two looks that is less than a silence.
   */
  public static final Duration SEEN = DatabaseClaim.BEAT.multipliedBy(3);

  /** After a longer pause without an answer the database may have been away from everybody. */
  static final Duration GAP = DatabaseClaim.BEAT.multipliedBy(2);

  private final LongSupplier nanoTime;

  /** The last sign of life of each node, and when this one saw it first. */
  private final Map<String, Sign> signs = new HashMap<>();

  /** When the database answered last. */
  private long reached;

  /**
   * A sign of life.
   *
   * @param beat its number
   */
  private record Sign(long beat, long seen) {}

  /** Asks the database for the numbers of nodes' last signs of life, by the nodes' names. */
  @FunctionalInterface
  public interface Beats {
    Map<String, Long> read();
  }

  /**
   * @param nanoTime {@link System#nanoTime}
   */
  public SeenSilence(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    reached = nanoTime.getAsLong();
  }

  /**
   * Looks once. What was seen of nodes that are not among these is forgotten.
   *
   * @return those that gave no sign of life for as long as {@link #SEEN} at least
   */
  public Set<String> look(Beats beats) {
    long asked = nanoTime.getAsLong();
    var read = beats.read();
    return judge(read, asked, nanoTime.getAsLong());
  }

  /** What was asked at a time may have been as it is from the time of the answer on. */
  private synchronized Set<String> judge(Map<String, Long> beats, long asked, long answered) {
    if (answered - reached > GAP.toNanos()) {
      signs.clear();
    }
    reached = answered;
    signs.keySet().retainAll(beats.keySet());
    var silent = new HashSet<String>();
    beats.forEach(
        (node, beat) -> {
          var before = signs.get(node);
          if (before == null || before.beat() != beat) {
            signs.put(node, new Sign(beat, answered));
          }
          if (asked - requireNonNull(signs.get(node)).seen() >= SEEN.toNanos()) {
            silent.add(node);
          }
        });
    return silent;
  }

  /** Notes that the database answers, between two looks. */
  public synchronized void reached() {
    reached = nanoTime.getAsLong();
  }
}
