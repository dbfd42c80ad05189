package io.platen.collectionmodel;

/** Rule 9: a collection reads the roots, lists, condemns what no root names, and raises. */
final class Marking {
  private final World world;
  private final CollectionMemory memory;
  private final Lease lease;
  private final RootReading roots;

  Marking(World world, CollectionMemory memory, int owner) {
    this.world = world;
    this.memory = memory;
    lease = new Lease(world, memory, owner);
    roots = new RootReading(world, memory);
  }

  Stage firstStage(State next) {
    if (memory.todo.get(next) != 0) {
      return Stage.DELETE;
    }
    return listsFirst() ? Stage.LIST : Stage.MARK;
  }

  void mark(State state, Steps out) {
    for (int read : roots.read(state)) {
      State next = state.copy();
      memory.marked.set(next, memory.marked.get(next) | read);
      if (roots.turnPage(next)) {
        memory.noted.set(next, memory.noted.get(next) & ~named(next));
        memory.enter(next, listsFirst() ? afterBoth() : Stage.LIST);
        rememberEpochs(next);
      }
      out.step(next, () -> "marks the roots " + Names.templates(read));
    }
  }

  private void rememberEpochs(State next) {
    if (!keep(Safeguard.DELETES_ONLY_BELOW_EPOCH)) {
      for (int chunk = 0; chunk < world.database().chunks(); chunk++) {
        memory.seenEpochs[chunk].set(next, world.database().epoch(next, chunk));
      }
    }
  }

  void list(State state, Steps out) {
    int garbage = stored(state) & ~named(state);
    listed(state, garbage, out);
    if (world.rules().allow(Variation.LIST_ANSWERS_ANYTHING)) {
      int unmarked = Bits.all(world.database().chunks()) & ~named(state);
      for (int any = 0; any <= unmarked; any++) {
        if ((any & ~unmarked) == 0 && any != garbage) {
          listed(state, any, out);
        }
      }
    }
  }

  private void listed(State state, int garbage, Steps out) {
    State next = state.copy();
    memory.noted.set(next, garbage);
    if (!keep(Safeguard.PARDONS_ALL_UNMARKED)) {
      memory.marked.set(next, memory.marked.get(next) | world.templates().roots(next));
    }
    memory.enter(next, listsFirst() ? Stage.MARK : afterBoth());
    out.step(next, () -> "lists; garbage: " + Names.chunks(garbage));
  }

  private boolean listsFirst() {
    return world.rules().allow(Variation.LISTS_BEFORE_MARKING);
  }

  private Stage afterBoth() {
    return world.setup().has(Part.INDEXES) && keep(Safeguard.INDEXES_LISTED_BEFORE_RAISING)
        ? Stage.LIST_INDEXES
        : Stage.CONDEMN;
  }

  /** Rule 13: before the generation is raised. */
  void listIndexes(State state, Steps out) {
    State next = state.copy();
    int listed = world.bucket().indexes.get(next);
    if (!keep(Safeguard.INDEXES_KEPT_BY_ROOTS_AFTER_WAITING)) {
      listed &= ~world.templates().indexes(next, memory.marked.get(next));
    }
    memory.indexes.set(next, listed);
    memory.enter(
        next,
        keep(Safeguard.INDEXES_LISTED_BEFORE_RAISING) ? Stage.CONDEMN : Stage.READ_ROOTS_AGAIN);
    out.step(next, () -> "lists indexes");
  }

  void condemn(State state, Steps out) {
    boolean mayCondemn =
        lease.isChecked(
            state, Safeguard.CONDEMNS_WITH_LEASE, Safeguard.CONDEMNING_LOCKS_LEASE, out);
    if (!mayCondemn) {
      return;
    }
    if (!keep(Safeguard.CONDEMNS_BEFORE_RAISING) && memory.raised.get(state) == 0) {
      State next = state.copy();
      raise(next);
      out.step(next, () -> "raises the generation, before it condemns");
      return;
    }
    condemnAll(state, out);
    condemnOne(state, out);
  }

  /** The last transaction of those that condemn; there may be no other. */
  private void condemnAll(State state, Steps out) {
    State next = state.copy();
    for (int chunk = 0; chunk < world.database().chunks(); chunk++) {
      condemn(next, chunk);
    }
    if (keep(Safeguard.CONDEMNS_BEFORE_RAISING)) {
      raise(next);
    }
    memory.checked.set(next, 0);
    memory.enter(
        next,
        keep(Safeguard.READS_ROOTS_AFTER_WAITING) ? Stage.AWAIT_SESSIONS : Stage.READ_ROOTS_AGAIN);
    int condemned = memory.noted.get(state);
    int generation = world.database().generation.get(next);
    out.step(next, () -> "condemns " + Names.chunks(condemned) + ", generation " + generation);
  }

  private void condemnOne(State state, Steps out) {
    for (int chunk = 0; chunk < world.database().chunks(); chunk++) {
      if (memory.noted.has(state, chunk)) {
        State next = state.copy();
        condemn(next, chunk);
        memory.checked.set(next, 0);
        int condemned = chunk;
        out.step(next, () -> "condemns " + Names.chunk(condemned) + ", and will condemn more");
      }
    }
  }

  private void condemn(State next, int chunk) {
    boolean noted = memory.noted.has(next, chunk);
    if (noted && world.database().row(next, chunk) == Database.NO_ROW) {
      world.database().setRow(next, chunk, Database.CONDEMNED);
    }
    memory.noted.remove(next, chunk);
  }

  private void raise(State next) {
    if (keep(Safeguard.RAISES_GENERATION)) {
      int raised = world.database().generation.get(next) + 1;
      world.database().generation.set(next, raised);
    }
    memory.raised.set(next, world.database().generation.get(next));
  }

  /** The chunks at the keys of their epochs. */
  private int stored(State state) {
    int stored = 0;
    for (int chunk = 0; chunk < world.database().chunks(); chunk++) {
      int epoch = world.database().epoch(state, chunk);
      if (world.bucket().has(state, world.bucket().key(chunk, epoch))) {
        stored |= Bits.of(chunk);
      }
    }
    return stored;
  }

  private int named(State state) {
    return world.templates().named(state, memory.marked.get(state));
  }

  private boolean keep(Safeguard safeguard) {
    return world.rules().keep(safeguard);
  }
}
