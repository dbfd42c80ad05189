package io.platen.collectionmodel;

/** The lock and check of the lease in a collection's transactions (rule 8). */
final class Lease {
  private final World world;
  private final CollectionMemory memory;
  private final int owner;

  Lease(World world, CollectionMemory memory, int owner) {
    this.world = world;
    this.memory = memory;
    this.owner = owner;
  }

  /**
   * Whether the transaction may go on: the lease is locked and checked in it.
   *
   * @param check without it nothing is checked
   * @param lock without it that is an earlier transaction
   */
  boolean isChecked(State state, Safeguard check, Safeguard lock, Steps out) {
    if (!world.rules().keep(check) || memory.checked.get(state) != 0) {
      return true;
    }
    if (isLost(state, out)) {
      return false;
    }
    if (!world.rules().keep(lock)) {
      State next = state.copy();
      memory.checked.set(next, 1);
      out.step(next, () -> "sees that it has the lease");
    }
    return world.rules().keep(lock);
  }

  /** Whether the lease is lost, which ends the collection. */
  boolean isLost(State state, Steps out) {
    if (isHeld(state)) {
      return false;
    }
    State next = state.copy();
    memory.end(next);
    out.step(next, () -> "has lost the lease, and ends");
    return true;
  }

  private boolean isHeld(State state) {
    return world.database().lease.get(state) == owner;
  }

  void release(State next) {
    if (isHeld(next)) {
      world.database().lease.set(next, 0);
    }
  }
}
