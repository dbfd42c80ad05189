package io.platen.collectionmodel;

/**
 * The rows of one store: its generation and lease, those of chunks, and those of sessions. The
 * methods are parts of transactions.
 */
final class Database {
  /** A chunk's row: there is none, or only its epoch. */
  static final int NO_ROW = 0;

  /** A chunk's row: a collection found it to be garbage. */
  static final int CONDEMNED = 1;

  final Field generation;

  /** The number of the collection that has the lease; 0 for none. */
  final Field lease;

  /** For each session 0 where it has no row, else its generation + 1. */
  final Field[] sessions;

  /** Chunks that are marked as bad. */
  final Field marks;

  private final Field[] rows;
  private final Field[] epochs;

  Database(Layout layout, Setup setup) {
    // The last collection is the fresh one that ends what the others left.
    int collections = setup.collections() + 1;
    generation = layout.numbers(collections + 1);
    lease = layout.numbers(collections + 1);
    sessions = new Field[setup.sessions().size()];
    for (int i = 0; i < sessions.length; i++) {
      sessions[i] = layout.numbers(collections + 2);
    }
    rows = new Field[setup.chunks()];
    epochs = new Field[setup.chunks()];
    for (int chunk = 0; chunk < rows.length; chunk++) {
      rows[chunk] = layout.numbers(CONDEMNED + collections + 1);
      epochs[chunk] = layout.numbers(setup.epochs());
    }
    marks = layout.setIf(setup.has(Part.REPAIR), setup.chunks());
  }

  /** A chunk's row: the collection {@code owner} deletes its object. */
  static int deletingBy(int owner) {
    return CONDEMNED + owner;
  }

  static boolean isDeleting(int row) {
    return row > CONDEMNED;
  }

  int chunks() {
    return rows.length;
  }

  int row(State state, int chunk) {
    return rows[chunk].get(state);
  }

  void setRow(State state, int chunk, int row) {
    rows[chunk].set(state, row);
  }

  int epoch(State state, int chunk) {
    return epochs[chunk].get(state);
  }

  /** Ends a row whose DELETE is not resolved: the key of the old epoch is never used again. */
  void moveToNextEpoch(State state, int chunk) {
    rows[chunk].set(state, NO_ROW);
    epochs[chunk].set(state, epochs[chunk].get(state) + 1);
    unmark(state, chunk);
  }

  /** The chunk's object is gone: so is its row, and what was said of its bytes. */
  void clear(State state, int chunk) {
    rows[chunk].set(state, NO_ROW);
    unmark(state, chunk);
  }

  boolean isMarked(State state, int chunk) {
    return marks.has(state, chunk);
  }

  void mark(State state, int chunk) {
    marks.add(state, chunk);
  }

  void unmark(State state, int chunk) {
    marks.remove(state, chunk);
  }

  boolean hasSession(State state, int session) {
    return sessions[session].get(state) != 0;
  }

  /** Whether a session of an older generation than this has a row. */
  boolean hasSessionBefore(State state, int before) {
    for (var session : sessions) {
      int row = session.get(state);
      if (row != 0 && row - 1 < before) {
        return true;
      }
    }
    return false;
  }
}
