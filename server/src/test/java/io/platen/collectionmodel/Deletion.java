package io.platen.collectionmodel;

/** Rules 11 and 12: a collection deletes what is condemned, and what is below its epoch. */
final class Deletion {
  private final World world;
  private final CollectionMemory memory;
  private final int owner;
  private final Lease lease;

  Deletion(World world, CollectionMemory memory, int owner) {
    this.world = world;
    this.memory = memory;
    this.owner = owner;
    lease = new Lease(world, memory, owner);
  }

  /** A batch is any of the condemned rows, all of them first. */
  void take(State state, Steps out) {
    boolean mayTake =
        lease.isChecked(state, Safeguard.TAKES_WITH_LEASE, Safeguard.TAKING_LOCKS_LEASE, out);
    if (!mayTake) {
      return;
    }
    int condemned = 0;
    for (int chunk = 0; chunk < world.database().chunks(); chunk++) {
      if (world.database().row(state, chunk) == Database.CONDEMNED) {
        condemned |= Bits.of(chunk);
      }
    }
    for (int batch = condemned; batch > 0; batch = (batch - 1) & condemned) {
      take(state, batch, out);
    }
    if (condemned == 0) {
      State next = state.copy();
      memory.checked.set(next, 0);
      memory.enter(next, Stage.RELEASE);
      out.step(next, () -> "finds nothing to take");
    }
  }

  private void take(State state, int batch, Steps out) {
    State next = state.copy();
    for (int chunk = 0; chunk < world.database().chunks(); chunk++) {
      if (Bits.has(batch, chunk)) {
        if (keep(Safeguard.TAKES_BEFORE_DELETING)) {
          int row =
              keep(Safeguard.ROW_STAYS_UNTIL_ANSWERED)
                  ? Database.deletingBy(owner)
                  : Database.NO_ROW;
          world.database().setRow(next, chunk, row);
        }
        int epoch = world.database().epoch(state, chunk);
        memory.todo.add(next, world.bucket().key(chunk, epoch));
      }
    }
    if (memory.batch.mask() != 0) {
      memory.batch.set(next, batch);
    }
    memory.checked.set(next, 0);
    memory.enter(next, Stage.DELETE);
    out.step(next, () -> "takes to deleting: " + Names.chunks(batch));
  }

  void delete(State state, Steps out) {
    for (int key = 0; key < world.bucket().keys(); key++) {
      if (memory.todo.has(state, key)) {
        deleteAnswered(state, key, out);
        deleteUnanswered(state, key, out);
      }
    }
  }

  private void deleteAnswered(State state, int key, Steps out) {
    State next = state.copy();
    world.bucket().delete(next, key);
    sent(next, key);
    out.step(next, () -> "DELETE " + world.bucket().name(key));
  }

  private void deleteUnanswered(State state, int key, Steps out) {
    boolean may =
        world.setup().has(Part.UNANSWERED_DELETES) && !world.bucket().lateDeletes.has(state, key);
    if (!may) {
      return;
    }
    State next = state.copy();
    world.bucket().lateDeletes.add(next, key);
    if (keep(Safeguard.DELETES_ONCE)) {
      if (keep(Safeguard.UNANSWERED_MOVES)) {
        memory.unresolved.add(next, world.bucket().chunkOf(key));
      }
      sent(next, key);
    }
    out.step(next, () -> "DELETE " + world.bucket().name(key) + ": no answer");
  }

  private void sent(State next, int key) {
    memory.todo.remove(next, key);
    if (memory.todo.get(next) == 0) {
      memory.enter(next, Stage.CLEAR);
    }
  }

  void clear(State state, Steps out) {
    boolean checks =
        keep(Safeguard.CLEARS_OWN_ROWS) && !world.rules().allow(Variation.CLEARS_WITHOUT_LEASE);
    if (checks && lease.isLost(state, out)) {
      return;
    }
    State next = state.copy();
    for (int chunk = 0; chunk < world.database().chunks(); chunk++) {
      if (isInBatch(state, chunk)) {
        if (memory.unresolved.has(state, chunk)) {
          world.moveToNextEpoch(next, chunk);
        } else {
          world.database().clear(next, chunk);
        }
      }
    }
    memory.unresolved.set(next, 0);
    memory.batch.set(next, 0);
    memory.enter(next, memory.finishing.get(next) == 0 ? Stage.TAKE : Stage.MARK);
    memory.finishing.set(next, 0);
    out.step(next, () -> "clears its rows");
  }

  private boolean isInBatch(State state, int chunk) {
    int row = world.database().row(state, chunk);
    if (!keep(Safeguard.TAKES_BEFORE_DELETING)) {
      return memory.batch.has(state, chunk) && row == Database.CONDEMNED;
    }
    if (!keep(Safeguard.CLEARS_OWN_ROWS) || world.rules().allow(Variation.CLEARS_ROWS_OF_OTHERS)) {
      return memory.batch.has(state, chunk) && Database.isDeleting(row);
    }
    return row == Database.deletingBy(owner);
  }

  void release(State state, Steps out) {
    deleteOldObjects(state, out);
    if (hasUnused(state)) {
      return;
    }
    State next = state.copy();
    lease.release(next);
    memory.end(next);
    out.step(next, () -> "ends");
  }

  private boolean hasUnused(State state) {
    for (int key = 0; key < world.bucket().keys(); key++) {
      if (isUnused(state, key)) {
        return true;
      }
    }
    return memory.indexes.get(state) != 0;
  }

  /** Rule 12: objects at keys that are never used again. */
  private void deleteOldObjects(State state, Steps out) {
    for (int key = 0; key < world.bucket().keys(); key++) {
      if (isUnused(state, key)) {
        State next = state.copy();
        world.bucket().delete(next, key);
        int deleted = key;
        out.step(next, () -> "DELETE " + world.bucket().name(deleted) + ", at another epoch");
      }
    }
  }

  private boolean isUnused(State state, int key) {
    if (!world.bucket().has(state, key) || !keep(Safeguard.DELETES_BELOW_EPOCH)) {
      return false;
    }
    int seen = memory.seenEpochs[world.bucket().chunkOf(key)].get(state);
    return keep(Safeguard.DELETES_ONLY_BELOW_EPOCH)
        ? world.isOld(state, key)
        : world.bucket().epochOf(key) != seen;
  }

  /** Rule 13: at any time once it knows that they are unused, since no key is used again. */
  void deleteIndexes(State state, Steps out) {
    for (int index = 0; memory.indexes.get(state) >> index != 0; index++) {
      if (memory.indexes.has(state, index)) {
        State next = state.copy();
        world.bucket().indexes.remove(next, index);
        memory.indexes.remove(next, index);
        int attempt = index + 1;
        out.step(next, () -> "DELETE index of attempt " + attempt);
      }
    }
  }

  private boolean keep(Safeguard safeguard) {
    return world.rules().keep(safeguard);
  }
}
