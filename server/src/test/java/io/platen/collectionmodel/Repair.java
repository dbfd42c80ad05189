package io.platen.collectionmodel;

/**
 * A repair (rule 14): it reads chunk a, and marks it in the database where its bytes are wrong, or
 * unmarks it where they are right or the chunk is gone. It may do so again and again.
 */
final class Repair implements Actor {
  private static final int CHUNK = 0;
  private static final int IDLE = 0;
  private static final int READ_WRONG_BYTES = 1;
  private static final int READ_NOTHING_WRONG = 2;

  private final World world;
  private final Field stage;
  private final Field epoch;

  Repair(Layout layout, World world) {
    this.world = world;
    boolean wanted = world.setup().has(Part.REPAIR);
    stage = layout.numbersIf(wanted, READ_NOTHING_WRONG + 1);
    epoch = layout.numbersIf(wanted, world.setup().epochs());
  }

  @Override
  public void steps(State state, Steps out) {
    if (!world.setup().has(Part.REPAIR)) {
      return;
    }
    Steps named = (next, what) -> out.step(next, () -> "repair " + what.get());
    switch (stage.get(state)) {
      case READ_WRONG_BYTES -> setAside(state, named);
      case READ_NOTHING_WRONG -> heal(state, named);
      default -> read(state, named);
    }
  }

  private void read(State state, Steps out) {
    int now = world.database().epoch(state, CHUNK);
    int key = world.bucket().key(CHUNK, now);
    boolean wrong = world.bucket().rotten.has(state, key);
    boolean there = world.bucket().has(state, key);
    boolean marked = world.database().isMarked(state, CHUNK);
    if (wrong == marked || (!there && !world.rules().keep(Safeguard.MARKS_OF_GONE_CHUNKS_GO))) {
      return;
    }
    State next = state.copy();
    epoch.set(next, now);
    stage.set(next, wrong ? READ_WRONG_BYTES : READ_NOTHING_WRONG);
    String found = wrong ? "wrong bytes" : there ? "right" : "missing";
    out.step(next, () -> "GET " + world.bucket().name(key) + ": " + found);
  }

  private void setAside(State state, Steps out) {
    State next = state.copy();
    int key = world.bucket().key(CHUNK, epoch.get(state));
    boolean same = world.database().epoch(state, CHUNK) == epoch.get(state);
    die(next);
    if (!world.rules().keep(Safeguard.BAD_CHUNK_STAYS)) {
      noteDamage(next, key);
      world.bucket().delete(next, key);
      out.step(next, () -> "DELETE " + world.bucket().name(key));
    } else if (same && !world.rules().keep(Safeguard.BAD_CHUNK_KEEPS_EPOCH)) {
      noteDamage(next, key);
      world.moveToNextEpoch(next, CHUNK);
      out.step(next, () -> "moves a to its next epoch");
    } else {
      if (same) {
        world.database().mark(next, CHUNK);
      }
      out.step(next, () -> same ? "marks a" : "finds a at another epoch");
    }
  }

  /** Templates that lose nothing but wrong bytes are marked as damaged, which is no loss. */
  private void noteDamage(State next, int key) {
    if (world.bucket().rotten.has(next, key)) {
      world.templates().damaged.set(next, world.templates().inThisStore(next, -1));
    }
  }

  private void heal(State state, Steps out) {
    State next = state.copy();
    die(next);
    world.database().unmark(next, CHUNK);
    out.step(next, () -> "unmarks a");
  }

  @Override
  public void die(State state) {
    stage.set(state, IDLE);
    epoch.set(state, 0);
  }
}
