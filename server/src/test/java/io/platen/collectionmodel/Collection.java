package io.platen.collectionmodel;

/**
 * A collection: it begins (rule 8), marks, lists and condemns ({@link Marking}, rule 9), waits and
 * pardons ({@link Pardon}, rule 10), and deletes ({@link Deletion}, rules 11 and 12).
 */
final class Collection implements Actor {
  private final int owner;
  private final World world;
  private final CollectionMemory memory;
  private final Lease lease;
  private final Marking marking;
  private final Pardon pardon;
  private final Deletion deletion;

  Collection(World world, CollectionMemory memory, int owner) {
    this.owner = owner;
    this.world = world;
    this.memory = memory;
    lease = new Lease(world, memory, owner);
    marking = new Marking(world, memory, owner);
    pardon = new Pardon(world, memory, owner);
    deletion = new Deletion(world, memory, owner);
  }

  Stage stage(State state) {
    return memory.stage(state);
  }

  @Override
  public void steps(State state, Steps out) {
    Steps named = (next, what) -> out.step(next, () -> "K" + owner + " " + what.get());
    var stage = memory.stage(state);
    switch (stage) {
      case BEGIN -> begin(state, named);
      case TAKE_LEASE -> takeLease(state, named);
      case CLEAR_UP -> clearUp(state, named);
      case MARK -> marking.mark(state, named);
      case LIST -> marking.list(state, named);
      case CONDEMN -> marking.condemn(state, named);
      case AWAIT_SESSIONS -> pardon.awaitSessions(state, named);
      case READ_ROOTS_AGAIN -> pardon.readRootsAgain(state, named);
      case LIST_INDEXES -> marking.listIndexes(state, named);
      case PARDON -> pardon.pardon(state, named);
      case TAKE -> deletion.take(state, named);
      case DELETE -> deletion.delete(state, named);
      case CLEAR -> deletion.clear(state, named);
      case RELEASE -> deletion.release(state, named);
      case ENDED -> {}
    }
    if (stage.compareTo(Stage.TAKE) >= 0) {
      deletion.deleteIndexes(state, named);
    }
  }

  /** One transaction (rule 8). */
  private void begin(State state, Steps out) {
    if (world.rules().allow(Variation.CLEARS_UP_AFTER_LEASE)) {
      takeLease(state, out);
      return;
    }
    State next = state.copy();
    for (int chunk = 0; chunk < world.database().chunks(); chunk++) {
      clearUp(next, chunk);
    }
    if (world.rules().keep(Safeguard.BEGINS_IN_ONE_TRANSACTION)) {
      takeLease(next, out);
    } else {
      memory.enter(next, Stage.TAKE_LEASE);
      out.step(next, () -> "clears up, and has no lease yet");
    }
  }

  private void clearUp(State state, Steps out) {
    if (lease.isLost(state, out)) {
      return;
    }
    for (int chunk = 0; chunk < world.database().chunks(); chunk++) {
      if (world.database().row(state, chunk) != Database.NO_ROW) {
        State next = state.copy();
        clearUp(next, chunk);
        int cleared = chunk;
        out.step(next, () -> "clears up the row of " + Names.chunk(cleared));
        return;
      }
    }
    State next = state.copy();
    memory.enter(next, marking.firstStage(next));
    out.step(next, () -> "has cleared up");
  }

  private void clearUp(State next, int chunk) {
    int row = world.database().row(next, chunk);
    if (row == Database.CONDEMNED && world.rules().keep(Safeguard.FORGETS_CONDEMNED)) {
      world.database().setRow(next, chunk, Database.NO_ROW);
    }
    if (!Database.isDeleting(row) || world.rules().allow(Variation.LEAVES_DELETING)) {
      return;
    }
    if (world.rules().allow(Variation.FINISHES_DELETING)) {
      world.database().setRow(next, chunk, Database.deletingBy(owner));
      memory.finishing.set(next, 1);
      memory.todo.add(next, world.bucket().key(chunk, world.database().epoch(next, chunk)));
    } else if (world.rules().keep(Safeguard.MOVES_DELETING)) {
      world.moveToNextEpoch(next, chunk);
    } else {
      world.database().clear(next, chunk);
    }
  }

  private void takeLease(State state, Steps out) {
    State next = state.copy();
    int before = world.database().lease.get(state);
    world.database().lease.set(next, owner);
    boolean clearsUp = world.rules().allow(Variation.CLEARS_UP_AFTER_LEASE);
    memory.enter(next, clearsUp ? Stage.CLEAR_UP : marking.firstStage(next));
    out.step(next, () -> before == 0 ? "begins" : "takes the lease over from K" + before);
  }

  /** It is to begin. */
  void revive(State state) {
    memory.enter(state, Stage.BEGIN);
  }

  @Override
  public void die(State state) {
    memory.end(state);
  }
}
