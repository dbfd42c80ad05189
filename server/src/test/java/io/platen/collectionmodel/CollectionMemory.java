package io.platen.collectionmodel;

/** What a collection remembers between its steps. */
final class CollectionMemory {
  private static final Stage[] STAGES = Stage.values();

  final Field stage;

  /** The next page of roots to read, where they are read in pages. */
  final Field page;

  /** The templates whose chunks it marked. */
  final Field marked;

  /** Chunks: the garbage until that is condemned, then what is to be pardoned. */
  final Field noted;

  /** The generation that it raised the store's to. */
  final Field raised;

  /** The keys of its batch with a DELETE still to be sent. */
  final Field todo;

  /** The chunks of its batch whose DELETE was not answered. */
  final Field unresolved;

  /** The chunks of its batch, where their rows do not say so (without rule 11). */
  final Field batch;

  /** Whether it saw in an earlier transaction that it has the lease (without rule 8). */
  final Field checked;

  /** Whether its batch is what another one left. */
  final Field finishing;

  /** Indexes: those listed, less those found to be needed. */
  final Field indexes;

  /** The epochs it read when it marked (without rule 12). */
  final Field[] seenEpochs;

  CollectionMemory(Layout layout, Setup setup, Rules rules) {
    stage = layout.numbers(STAGES.length);
    page =
        layout.numbersIf(
            rules.allow(Variation.ROOTS_READ_IN_PAGES)
                || rules.allow(Variation.MACHINES_READ_FIRST),
            setup.templates() + 2);
    marked = layout.set(setup.templates());
    noted = layout.set(setup.chunks());
    raised = layout.numbers(setup.collections() + 2);
    todo = layout.set(setup.chunks() * setup.epochs());
    unresolved = layout.setIf(setup.has(Part.UNANSWERED_DELETES), setup.chunks());
    batch =
        layout.setIf(
            !rules.keep(Safeguard.CLEARS_OWN_ROWS)
                || rules.allow(Variation.CLEARS_ROWS_OF_OTHERS)
                || !rules.keep(Safeguard.TAKES_BEFORE_DELETING),
            setup.chunks());
    checked =
        layout.numbersIf(
            !rules.keep(Safeguard.CONDEMNING_LOCKS_LEASE)
                || !rules.keep(Safeguard.TAKING_LOCKS_LEASE),
            2);
    finishing = layout.numbersIf(rules.allow(Variation.FINISHES_DELETING), 2);
    indexes = layout.setIf(setup.has(Part.INDEXES), setup.firstAttempt());
    seenEpochs = new Field[setup.chunks()];
    for (int chunk = 0; chunk < seenEpochs.length; chunk++) {
      seenEpochs[chunk] =
          layout.numbersIf(!rules.keep(Safeguard.DELETES_ONLY_BELOW_EPOCH), setup.epochs());
    }
  }

  Stage stage(State state) {
    return STAGES[stage.get(state)];
  }

  // A packed state lives no longer than the program that numbers the stages.
  @SuppressWarnings("EnumOrdinal")
  void enter(State state, Stage next) {
    stage.set(state, next.ordinal());
  }

  /** Forgets everything: the collection ended, or its process died. */
  void end(State state) {
    enter(state, Stage.ENDED);
    page.set(state, 0);
    marked.set(state, 0);
    noted.set(state, 0);
    raised.set(state, 0);
    todo.set(state, 0);
    unresolved.set(state, 0);
    batch.set(state, 0);
    checked.set(state, 0);
    finishing.set(state, 0);
    indexes.set(state, 0);
    for (var epoch : seenEpochs) {
      epoch.set(state, 0);
    }
  }
}
