package io.platen.collectionmodel;

/** The rows of templates and of the machine made from T0, and which of them are roots. */
final class Templates {
  /** A template's life: its first capture is not published. */
  static final int NOT_YET = 0;

  static final int AVAILABLE = 1;

  /** Deleted by its user, who may undelete it. */
  static final int DELETED = 2;

  static final int PURGED = 3;

  /** The machine's row: none; its base image is not built yet; it has its disk. */
  static final int NO_MACHINE = 0;

  static final int LAUNCHING = 1;
  static final int MACHINE = 2;

  final Field machine;

  /** Templates that a repair which removes bad chunks has marked as damaged. */
  final Field damaged;

  private final Field[] lives;
  private final Field[] published;
  private final Setup setup;
  private final Rules rules;
  private final Bucket bucket;

  Templates(Layout layout, Setup setup, Rules rules, Bucket bucket) {
    this.setup = setup;
    this.rules = rules;
    this.bucket = bucket;
    lives = new Field[setup.templates()];
    published = new Field[setup.templates()];
    for (int template = 0; template < lives.length; template++) {
      lives[template] = layout.numbers(PURGED + 1);
      published[template] = layout.numbers(setup.firstAttempt() + 1);
    }
    machine = layout.numbersIf(setup.has(Part.LAUNCH), MACHINE + 1);
    damaged = layout.setIf(setup.has(Part.REPAIR), setup.templates());
  }

  int count() {
    return lives.length;
  }

  int life(State state, int template) {
    return lives[template].get(state);
  }

  void setLife(State state, int template, int life) {
    lives[template].set(state, life);
  }

  /** The attempt whose index is published in this store; 0 for none. */
  int published(State state, int template) {
    return published[template].get(state);
  }

  /** Completes a template, or a distribution of it. */
  void publish(State state, int attempt) {
    int template = setup.templateOf(attempt);
    published[template].set(state, attempt);
    if (life(state, template) == NOT_YET) {
      setLife(state, template, AVAILABLE);
    }
  }

  /** Whether no attempt at the same template has published. */
  boolean isOpen(State state, int attempt) {
    return published(state, setup.templateOf(attempt)) == 0;
  }

  /** The templates that are roots of this store, as the protocol reads them. */
  int roots(State state) {
    return inThisStore(state, everywhere(state));
  }

  /** The templates that are roots of any store, as the protocol reads them. */
  int everywhere(State state) {
    return rootsByLife(state) | rootsByMachines(state);
  }

  /** Those of them that are roots for what a user did with them. */
  int rootsByLife(State state) {
    int roots = 0;
    for (int template = 0; template < lives.length; template++) {
      int life = life(state, template);
      if (life == AVAILABLE || (life == DELETED && rules.keep(Safeguard.DELETED_IS_ROOT))) {
        roots |= Bits.of(template);
      }
    }
    return roots;
  }

  /** Those of them that machines stand on, or launches under way need. */
  int rootsByMachines(State state) {
    return switch (machine.get(state)) {
      case LAUNCHING -> rules.keep(Safeguard.LAUNCHES_ARE_ROOTS) ? 1 : 0;
      case MACHINE -> rules.keep(Safeguard.MACHINES_ARE_ROOTS) ? 1 : 0;
      default -> 0;
    };
  }

  /** The templates that somebody needs in this store, whatever the protocol reads. */
  int needed(State state) {
    int needed = machine.get(state) == NO_MACHINE ? 0 : 1;
    for (int template = 0; template < lives.length; template++) {
      int life = life(state, template);
      if (life == AVAILABLE || life == DELETED) {
        needed |= Bits.of(template);
      }
    }
    return inThisStore(state, needed);
  }

  int inThisStore(State state, int templates) {
    int here = 0;
    for (int template = 0; template < lives.length; template++) {
      if (published(state, template) != 0) {
        here |= templates & Bits.of(template);
      }
    }
    return here;
  }

  /** The chunks that the indexes of these templates name. */
  int named(State state, int templates) {
    int chunks = 0;
    for (int template = 0; template < lives.length; template++) {
      if (Bits.has(templates, template)) {
        chunks |= setup.chunksOf(indexRead(state, template));
      }
    }
    return chunks;
  }

  /** The attempt whose index is read for a published template. */
  private int indexRead(State state, int template) {
    if (!rules.keep(Safeguard.KEYS_CARRY_ATTEMPT) || !rules.keep(Safeguard.ROW_NAMES_ATTEMPT)) {
      for (int attempt = setup.firstAttempt(); attempt > 0; attempt--) {
        if (setup.templateOf(attempt) == template && bucket.indexes.has(state, attempt - 1)) {
          return attempt;
        }
      }
    }
    int attempt = published(state, template);
    return attempt == 0 && template == 0 ? setup.firstAttempt() : attempt;
  }

  /** The indexes of these templates, as {@link Bucket#indexes} has them. */
  int indexes(State state, int templates) {
    int indexes = 0;
    for (int template = 0; template < lives.length; template++) {
      if (Bits.has(templates, template)) {
        indexes |= Bits.of(published(state, template) - 1);
      }
    }
    return indexes;
  }
}
