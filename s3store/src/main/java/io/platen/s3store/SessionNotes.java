package io.platen.s3store;

import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.PinFilter;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Of which chunks something was noted when a session had its row: a look at all others at once. A
 * look may be as old as its session's row, since what is condemned later is not deleted before that
 * row is gone.
 */
final class SessionNotes {
  /** Null where there was nothing, which is the rule: the filter takes 8 MiB. */
  private final @Nullable PinFilter noted;

  private SessionNotes(@Nullable PinFilter noted) {
    this.noted = noted;
  }

  /** Reads them; the session's row is there. */
  static SessionNotes read(Ledger ledger) throws IOException {
    var filter = new PinFilter[1];
    ledger.notes(
        (id, note) -> {
          if (filter[0] == null) {
            filter[0] = new PinFilter();
          }
          filter[0].add(id);
        });
    return new SessionNotes(filter[0]);
  }

  /** Whether something may have been noted of a chunk: it must be looked at then. */
  boolean mayHave(ChunkId id) {
    return noted != null && noted.mayHold(id);
  }
}
