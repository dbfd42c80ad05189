package io.platen.collectionmodel;

import java.util.function.Supplier;

/**
 * A capture, an import or a distribution: begins with its row (rule 1), makes sure of each chunk
 * ({@link ChunkWork}, rules 2 to 4), puts its index (rule 5) and publishes (rule 6). It is one
 * attempt at its template.
 */
final class Session implements Actor {
  private static final int IDLE = 0;

  /** Works on its chunks. */
  private static final int OPEN = 1;

  /** Its index is put, or need not be: what is left is to publish. */
  private static final int READY = 2;

  private static final int ENDED = 3;

  /** Read the generation, and has no row yet (where those are two transactions). */
  private static final int READ_GENERATION = 4;

  /** Published half (without rule 6). */
  private static final int HALF_PUBLISHED = 5;

  private final String name;
  private final int index;
  private final int attempt;
  private final World world;
  private final Field stage;
  private final Field readGeneration;
  private final ChunkWork work;

  Session(Layout layout, World world, int index) {
    this.name = "S" + (index + 1) + " ";
    this.index = index;
    this.attempt = index + 1;
    this.world = world;
    stage = layout.numbers(HALF_PUBLISHED + 1);
    readGeneration =
        layout.numbersIf(
            allow(Variation.GENERATION_READ_BEFORE_ROW), world.setup().collections() + 2);
    work = new ChunkWork(layout, world, attempt);
  }

  boolean isIdle(State state) {
    return stage.get(state) == IDLE;
  }

  boolean hasEnded(State state) {
    return stage.get(state) == ENDED;
  }

  /** It is to begin. */
  void revive(State state) {
    stage.set(state, IDLE);
  }

  boolean hasRow(State state) {
    return world.database().hasSession(state, index);
  }

  @Override
  public void steps(State state, Steps out) {
    switch (stage.get(state)) {
      case IDLE -> begin(state, out);
      case READ_GENERATION -> commitRow(state, out);
      case OPEN -> open(state, out);
      case READY -> publish(state, out);
      case HALF_PUBLISHED -> publishOtherHalf(state, out);
      default -> {}
    }
  }

  private void begin(State state, Steps out) {
    State next = state.copy();
    if (allow(Variation.GENERATION_READ_BEFORE_ROW)) {
      readGeneration.set(next, generation(state));
      to(READ_GENERATION, next, out, () -> "reads generation " + generation(state));
    } else if (!keep(Safeguard.LEARNS_UNDER_ITS_ROW)) {
      to(OPEN, next, out, () -> "begins to learn, without a row");
    } else {
      row().set(next, generation(state) + 1);
      work.begin(next);
      to(OPEN, next, out, () -> "begins, generation " + generation(state));
    }
  }

  private void commitRow(State state, Steps out) {
    State next = state.copy();
    int read = readGeneration.get(state);
    row().set(next, read + 1);
    readGeneration.set(next, 0);
    to(OPEN, next, out, () -> "commits its row, generation " + read);
  }

  private void open(State state, Steps out) {
    if (!keep(Safeguard.NEW_ROW_LEARNS_ANEW) && !hasRow(state)) {
      takeRow(state, OPEN, out);
    }
    if (!keep(Safeguard.ROW_KEEPS_GENERATION) && hasRow(state)) {
      takeRow(state, OPEN, out);
    }
    if (!work.isDone(state)) {
      work.steps(state, (next, what) -> out.step(next, () -> name + what.get()));
    } else if (!keep(Safeguard.LEARNS_UNDER_ITS_ROW) && !hasRow(state)) {
      takeRow(state, READY, out);
    } else if (world.setup().has(Part.INDEXES) && keep(Safeguard.INDEX_PUT_BEFORE_PUBLISHING)) {
      putIndex(state, out);
    } else {
      publish(state, out);
    }
  }

  private void takeRow(State state, int then, Steps out) {
    State next = state.copy();
    row().set(next, generation(state) + 1);
    to(then, next, out, () -> "takes a new row, generation " + generation(state));
  }

  private void putIndex(State state, Steps out) {
    State next = state.copy();
    if (!keep(Safeguard.KEYS_CARRY_ATTEMPT)) {
      replaceIndexes(next);
    }
    world.bucket().indexes.add(next, attempt - 1);
    to(READY, next, out, () -> "PUT index " + world.setup().templateOf(attempt) + "." + attempt);
  }

  /** All attempts at a template put to the same key. */
  private void replaceIndexes(State next) {
    for (int other = 1; other <= world.setup().firstAttempt(); other++) {
      if (world.setup().templateOf(other) == world.setup().templateOf(attempt)) {
        world.bucket().indexes.remove(next, other - 1);
      }
    }
  }

  private void publish(State state, Steps out) {
    boolean mayPublish =
        world.templates().isOpen(state, attempt)
            && (hasRow(state) || !keep(Safeguard.PUBLISHES_WITH_ROW_ONLY));
    State next = state.copy();
    if (!mayPublish) {
      end(next, out, () -> "may not publish");
    } else if (!keep(Safeguard.PUBLISHING_LOCKS_ROW)) {
      to(HALF_PUBLISHED, next, out, () -> "sees that its row is there");
    } else if (!keep(Safeguard.ROW_GOES_WITH_PUBLICATION)) {
      row().set(next, 0);
      to(HALF_PUBLISHED, next, out, () -> "removes its row");
    } else {
      complete(next, out);
    }
  }

  private void publishOtherHalf(State state, Steps out) {
    State next = state.copy();
    if (world.templates().isOpen(state, attempt)) {
      complete(next, out);
    } else {
      end(next, out, () -> "may not publish");
    }
  }

  private void complete(State next, Steps out) {
    world.templates().publish(next, attempt);
    end(next, out, () -> "publishes T" + world.setup().templateOf(attempt));
  }

  private void end(State next, Steps out, Supplier<String> what) {
    die(next);
    row().set(next, 0);
    out.step(next, () -> name + what.get());
  }

  private void to(int then, State next, Steps out, Supplier<String> what) {
    stage.set(next, then);
    out.step(next, () -> name + what.get());
  }

  @Override
  public void die(State state) {
    stage.set(state, ENDED);
    readGeneration.set(state, 0);
    work.forget(state);
  }

  private boolean allow(Variation variation) {
    return world.rules().allow(variation);
  }

  private boolean keep(Safeguard safeguard) {
    return world.rules().keep(safeguard);
  }

  private Field row() {
    return world.database().sessions[index];
  }

  private int generation(State state) {
    return world.database().generation.get(state);
  }
}
