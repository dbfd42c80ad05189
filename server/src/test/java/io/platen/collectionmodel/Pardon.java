package io.platen.collectionmodel;

/**
 * Rule 10: a collection waits for the sessions that could not see what it condemned, and pardons
 * what they published. Rule 13: so no session can still publish an index that it listed before.
 */
final class Pardon {
  private final World world;
  private final CollectionMemory memory;
  private final Lease lease;
  private final RootReading roots;

  Pardon(World world, CollectionMemory memory, int owner) {
    this.world = world;
    this.memory = memory;
    lease = new Lease(world, memory, owner);
    roots = new RootReading(world, memory);
  }

  void awaitSessions(State state, Steps out) {
    boolean older = world.database().hasSessionBefore(state, memory.raised.get(state));
    if (older && keep(Safeguard.WAITS_FOR_OLDER_SESSIONS)) {
      return;
    }
    State next = state.copy();
    memory.raised.set(next, 0);
    memory.enter(next, afterWaiting());
    out.step(next, () -> "sees no older session");
  }

  private Stage afterWaiting() {
    if (!keep(Safeguard.READS_ROOTS_AFTER_WAITING)) {
      return Stage.PARDON;
    }
    boolean listed = keep(Safeguard.INDEXES_LISTED_BEFORE_RAISING);
    return listed ? Stage.READ_ROOTS_AGAIN : Stage.LIST_INDEXES;
  }

  void readRootsAgain(State state, Steps out) {
    for (int read : roots.read(state)) {
      State next = state.copy();
      noteUnmarked(next, read);
      keepIndexesOfRoots(next, read);
      if (roots.turnPage(next)) {
        memory.marked.set(next, 0);
        memory.enter(
            next, keep(Safeguard.READS_ROOTS_AFTER_WAITING) ? Stage.PARDON : Stage.AWAIT_SESSIONS);
      }
      out.step(next, () -> "reads the roots again: " + Names.templates(read));
    }
  }

  private void noteUnmarked(State next, int read) {
    if (keep(Safeguard.READS_ROOTS_AGAIN)) {
      int unmarked = read & ~memory.marked.get(next);
      int named = world.templates().named(next, unmarked);
      memory.noted.set(next, memory.noted.get(next) | named);
    }
  }

  /** Rule 13: of the indexes that it listed, those that no root names are unused for good. */
  private void keepIndexesOfRoots(State next, int read) {
    if (world.setup().has(Part.INDEXES) && keep(Safeguard.INDEXES_KEPT_BY_ROOTS_AFTER_WAITING)) {
      int needed = world.templates().indexes(next, read);
      memory.indexes.set(next, memory.indexes.get(next) & ~needed);
    }
  }

  void pardon(State state, Steps out) {
    boolean checks = !world.rules().allow(Variation.PARDONS_WITHOUT_LEASE);
    if (checks && lease.isLost(state, out)) {
      return;
    }
    State next = state.copy();
    int noted = memory.noted.get(state);
    for (int chunk = 0; chunk < world.database().chunks(); chunk++) {
      boolean condemned = world.database().row(state, chunk) == Database.CONDEMNED;
      if (memory.noted.has(state, chunk) && condemned) {
        world.database().setRow(next, chunk, Database.NO_ROW);
      }
    }
    memory.noted.set(next, 0);
    memory.enter(next, Stage.TAKE);
    out.step(next, () -> "pardons " + Names.chunks(noted));
  }

  private boolean keep(Safeguard safeguard) {
    return world.rules().keep(safeguard);
  }
}
