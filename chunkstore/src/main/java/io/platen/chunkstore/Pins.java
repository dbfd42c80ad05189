package io.platen.chunkstore;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What open sessions have claimed. While a collection is under way, what sessions that end had
 * claimed stays pinned until the collection ends too: their indexes may have been published after
 * the collector listed the indexes. No clock plays a part.
 */
final class Pins {
  private final Set<PinFilter> open = new HashSet<>();

  /** The pins of sessions that ended during the collection; null while there is none. */
  private @Nullable PinFilter ended;

  /** The pins of a new session. */
  synchronized PinFilter open() {
    PinFilter pins = new PinFilter();
    open.add(pins);
    return pins;
  }

  /** Ends a session. */
  synchronized void close(PinFilter pins) {
    if (open.remove(pins) && ended != null) {
      ended.addAll(pins);
    }
  }

  /** Begins a collection; before it looks for indexes. */
  synchronized void beginCollection() {
    if (ended != null) {
      throw new IllegalStateException("a collection of this store is under way already");
    }
    ended = new PinFilter();
  }

  synchronized void endCollection() {
    ended = null;
  }

  /** Whether a chunk may have been claimed. */
  synchronized boolean mayHold(ChunkId id) {
    if (ended != null && ended.mayHold(id)) {
      return true;
    }
    for (PinFilter pins : open) {
      if (pins.mayHold(id)) {
        return true;
      }
    }
    return false;
  }
}
