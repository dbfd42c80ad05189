package io.platen.collectionmodel;

import org.jspecify.annotations.Nullable;

/**
 * No chunk that somebody needs is missing at the key where it is read, nor is an index; and no
 * launch met one.
 */
final class NothingMissing implements Promise {
  private final Protocol protocol;
  private final World world;

  NothingMissing(Protocol protocol) {
    this.protocol = protocol;
    this.world = protocol.world;
  }

  @Override
  public @Nullable String broken(State state) {
    int needed = world.templates().needed(state);
    for (int template = 0; needed >> template != 0; template++) {
      if (Bits.has(needed, template) && !world.templates().damaged.has(state, template)) {
        int missing = world.templates().named(state, Bits.of(template)) & ~stored(state);
        if (missing != 0) {
          return "T%d needs %s".formatted(template, Names.chunks(missing));
        }
      }
    }
    if (protocol.launch.hasFailed(state)) {
      return "a launch under way did not find a chunk";
    }
    return missingIndex(state, needed);
  }

  private int stored(State state) {
    int stored = 0;
    for (int chunk = 0; chunk < world.database().chunks(); chunk++) {
      int key = world.bucket().key(chunk, world.database().epoch(state, chunk));
      stored |= world.bucket().has(state, key) ? Bits.of(chunk) : 0;
    }
    return stored;
  }

  private @Nullable String missingIndex(State state, int needed) {
    if (!world.setup().has(Part.INDEXES)) {
      return null;
    }
    int missing = world.templates().indexes(state, needed) & ~world.bucket().indexes.get(state);
    return missing == 0
        ? null
        : "the index of attempt %d is needed".formatted(1 + Integer.numberOfTrailingZeros(missing));
  }
}
