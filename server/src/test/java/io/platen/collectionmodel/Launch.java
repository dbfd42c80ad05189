package io.platen.collectionmodel;

/**
 * A launch from T0: it begins with the machine's row, reads the chunks' epochs, and gets the chunks
 * for the base image. Then the machine stands on the index until it is removed.
 */
final class Launch implements Actor {
  private static final int IDLE = 0;
  private static final int BEGUN = 1;
  private static final int GETS_CHUNKS = 2;
  private static final int HAS_BASE_IMAGE = 3;
  private static final int REMOVED = 4;

  /** A chunk was missing. */
  private static final int FAILED = 5;

  /** Saw the template available, and wrote no row yet (without rule 7). */
  private static final int SAW_TEMPLATE = 6;

  private final World world;
  private final int needed;
  private final Field stage;
  private final Field missing;
  private final Field[] epochs;

  Launch(Layout layout, World world) {
    this.world = world;
    var setup = world.setup();
    needed = setup.template0();
    boolean wanted = setup.has(Part.LAUNCH);
    stage = layout.numbersIf(wanted, SAW_TEMPLATE + 1);
    missing = layout.setIf(wanted, setup.chunks());
    epochs = new Field[setup.chunks()];
    for (int chunk = 0; chunk < epochs.length; chunk++) {
      epochs[chunk] = layout.numbersIf(wanted, setup.epochs());
    }
  }

  boolean hasFailed(State state) {
    return stage.get(state) == FAILED;
  }

  @Override
  public void steps(State state, Steps out) {
    if (!world.setup().has(Part.LAUNCH)) {
      return;
    }
    Steps named = (next, what) -> out.step(next, () -> "launch " + what.get());
    switch (stage.get(state)) {
      case IDLE -> begin(state, named);
      case SAW_TEMPLATE -> writeRow(state, named);
      case BEGUN -> readEpochs(state, named);
      case GETS_CHUNKS -> getChunk(state, named);
      default -> {}
    }
    if (world.templates().machine.get(state) != Templates.NO_MACHINE) {
      remove(state, out);
    }
  }

  private void begin(State state, Steps out) {
    if (world.templates().life(state, 0) != Templates.AVAILABLE) {
      return;
    }
    if (world.rules().keep(Safeguard.LAUNCH_LOCKS_TEMPLATE)) {
      writeRow(state, out);
    } else {
      State next = state.copy();
      stage.set(next, SAW_TEMPLATE);
      out.step(next, () -> "sees T0 available");
    }
  }

  private void writeRow(State state, Steps out) {
    State next = state.copy();
    world.templates().machine.set(next, Templates.LAUNCHING);
    stage.set(next, BEGUN);
    out.step(next, () -> "begins: the machine has its row");
  }

  private void readEpochs(State state, Steps out) {
    if (world.templates().published(state, 0) == 0) {
      // It waits until the template is distributed to this store.
      return;
    }
    State next = state.copy();
    for (int chunk = 0; chunk < epochs.length; chunk++) {
      if (Bits.has(needed, chunk)) {
        epochs[chunk].set(next, world.database().epoch(state, chunk));
      }
    }
    missing.set(next, needed);
    stage.set(next, GETS_CHUNKS);
    out.step(next, () -> "reads the epochs");
  }

  private void getChunk(State state, Steps out) {
    int chunk = Integer.numberOfTrailingZeros(missing.get(state));
    int key = world.bucket().key(chunk, epochs[chunk].get(state));
    State next = state.copy();
    if (!world.bucket().has(state, key)) {
      stage.set(next, FAILED);
      out.step(next, () -> "GET " + world.bucket().name(key) + ": missing");
      return;
    }
    missing.remove(next, chunk);
    epochs[chunk].set(next, 0);
    if (missing.get(next) == 0) {
      stage.set(next, HAS_BASE_IMAGE);
      world.templates().machine.set(next, Templates.MACHINE);
    }
    out.step(next, () -> "GET " + world.bucket().name(key));
  }

  private void remove(State state, Steps out) {
    State next = state.copy();
    die(next);
    world.templates().machine.set(next, Templates.NO_MACHINE);
    out.step(next, () -> "the machine is removed");
  }

  /** The node dies; the machine's row stays, and another node may go on with it. */
  @Override
  public void die(State state) {
    stage.set(state, world.setup().has(Part.LAUNCH) ? REMOVED : IDLE);
    missing.set(state, 0);
    for (var epoch : epochs) {
      epoch.set(state, 0);
    }
  }
}
