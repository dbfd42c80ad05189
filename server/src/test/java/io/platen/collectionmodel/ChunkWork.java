package io.platen.collectionmodel;

import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * How a session makes sure of a chunk: it looks in the database (rule 2), then asks S3 (rule 3) or
 * learns from a root (rule 4).
 */
final class ChunkWork {
  /** What is next for a chunk: the look. */
  private static final int LOOK = 0;

  /** To ask S3 at the key of the epoch that the look read, to put there, or to find a root. */
  private static final int ASK = 1;

  /** To put it to that key. */
  private static final int PUT = 2;

  private static final int DONE = 3;

  /** To read row and epoch, after a condemned row was removed (where those are two). */
  private static final int READ = 4;

  /** The look found it marked: to put it, and unmark it then. */
  private static final int PUT_MARKED = 5;

  private static final int UNMARK = 6;

  /** To remove its row, seen condemned in an earlier transaction (without rule 2). */
  private static final int REMOVE_ROW = 7;

  /** S3 had it, or had it not, before the look (without rules 2 and 3). */
  private static final int FOUND_BEFORE_LOOK = 8;

  private static final int MISSED_BEFORE_LOOK = 9;

  private static final int ASKED_BEFORE_LOOK = 11;

  /** To look at a chunk that a root named before (without rule 4). */
  private static final int KNOWN_BEFORE_LOOK = 10;

  private final Rules rules;
  private final World world;
  private final Setup setup;
  private final Database database;
  private final Bucket bucket;
  private final Templates templates;
  private final int[] chunks;
  private final Field[] todo;
  private final Field[] learned;

  ChunkWork(Layout layout, World world, int attempt) {
    this.world = world;
    rules = world.rules();
    setup = world.setup();
    database = world.database();
    bucket = world.bucket();
    templates = world.templates();
    int set = setup.chunksOf(attempt);
    chunks = IntStream.range(0, setup.chunks()).filter(chunk -> Bits.has(set, chunk)).toArray();
    todo = new Field[chunks.length];
    learned = new Field[chunks.length];
    for (int i = 0; i < chunks.length; i++) {
      todo[i] = layout.numbers(last(world) + 1);
      learned[i] = layout.numbers(setup.epochs());
    }
  }

  /** The protocol as it is has few of these; every bit counts. */
  private static int last(World world) {
    boolean plain = world.rules().areThoseOfTheProtocol() && !world.setup().has(Part.REPAIR);
    return plain ? DONE : ASKED_BEFORE_LOOK;
  }

  boolean isDone(State state) {
    for (var each : todo) {
      if (each.get(state) != DONE) {
        return false;
      }
    }
    return true;
  }

  void forget(State state) {
    for (int i = 0; i < chunks.length; i++) {
      todo[i].set(state, LOOK);
      learned[i].set(state, 0);
    }
  }

  /** What the transaction that makes the session's row does about its chunks: nothing. */
  void begin(State next) {
    int named = templates.named(next, templates.roots(next));
    for (int i = 0; i < chunks.length; i++) {
      boolean known = Bits.has(named, chunks[i]);
      if (known && !keep(Safeguard.LOOKS_AT_INHERITED)) {
        todo[i].set(next, DONE);
      } else if (known && !keep(Safeguard.KNOWN_BY_ROOT_SINCE_LOOK)) {
        todo[i].set(next, KNOWN_BEFORE_LOOK);
      }
      if (!keep(Safeguard.LOOK_READS_EPOCH)) {
        learned[i].set(next, database.epoch(next, chunks[i]));
      }
    }
  }

  void steps(State state, Steps out) {
    for (int i = 0; i < chunks.length; i++) {
      if (todo[i].get(state) != DONE) {
        steps(state, i, out);
        if (!setup.has(Part.PARALLEL_CHUNKS)) {
          return;
        }
      }
    }
  }

  private void steps(State state, int i, Steps out) {
    switch (todo[i].get(state)) {
      case LOOK -> lookOrAskFirst(state, i, out);
      case READ -> read(state, i, out);
      case ASK -> ask(state, i, out);
      case PUT -> put(state, i, DONE, out);
      case PUT_MARKED -> put(state, i, UNMARK, out);
      case UNMARK -> unmark(state, i, out);
      case REMOVE_ROW -> removeRow(state, i, out);
      case FOUND_BEFORE_LOOK -> look(state, i, DONE, out);
      case MISSED_BEFORE_LOOK -> look(state, i, PUT, out);
      case KNOWN_BEFORE_LOOK -> look(state, i, DONE, out);
      case ASKED_BEFORE_LOOK -> look(state, i, ASK, out);
      default -> {}
    }
  }

  private void lookOrAskFirst(State state, int i, Steps out) {
    if (keep(Safeguard.LOOKS_AT_FOUND)
        && keep(Safeguard.LOOKS_AT_PUT)
        && keep(Safeguard.LOOKS_BEFORE_ASKING)) {
      look(state, i, ASK, out);
    } else {
      askFirst(state, i, out);
    }
  }

  /** One transaction (rule 2). */
  private void look(State state, int i, int then, Steps out) {
    int row = database.row(state, chunks[i]);
    boolean twoTransactions = rules.allow(Variation.LOOK_IN_TWO_TRANSACTIONS);
    if (Database.isDeleting(row) && !twoTransactions && isToWait()) {
      return;
    }
    State next = state.copy();
    if (row == Database.CONDEMNED && !keep(Safeguard.LOOK_REMOVES_ONLY_CONDEMNED)) {
      to(REMOVE_ROW, next, i, out, () -> "looks: condemned");
      return;
    }
    if (row == Database.CONDEMNED && keep(Safeguard.LOOK_REMOVES_CONDEMNED)) {
      database.setRow(next, chunks[i], Database.NO_ROW);
    }
    if (twoTransactions) {
      to(READ, next, i, out, () -> row == Database.CONDEMNED ? "removes its row" : "looks");
    } else {
      learn(next, i, row, then, out);
    }
  }

  private boolean isToWait() {
    return keep(Safeguard.LOOK_WAITS_FOR_DELETING) && !rules.allow(Variation.LOOK_MOVES_DELETING);
  }

  private void learn(State next, int i, int row, int then, Steps out) {
    if (Database.isDeleting(row) && rules.allow(Variation.LOOK_MOVES_DELETING)) {
      world.moveToNextEpoch(next, chunks[i]);
    }
    learnEpoch(next, i);
    to(afterLook(next, i, then), next, i, out, () -> "looks: " + seen(row));
  }

  private String seen(int row) {
    if (row == Database.NO_ROW) {
      return "no row";
    }
    return row == Database.CONDEMNED ? "condemned" : "deleting";
  }

  private int afterLook(State state, int i, int then) {
    return database.isMarked(state, chunks[i]) && keep(Safeguard.LOOK_SEES_MARK)
        ? PUT_MARKED
        : then;
  }

  private void learnEpoch(State next, int i) {
    if (keep(Safeguard.LOOK_READS_EPOCH)) {
      learned[i].set(next, database.epoch(next, chunks[i]));
    }
  }

  private void read(State state, int i, Steps out) {
    int row = database.row(state, chunks[i]);
    if (!Database.isDeleting(row) || !isToWait()) {
      learn(state.copy(), i, row, ASK, out);
    }
  }

  private void removeRow(State state, int i, Steps out) {
    State next = state.copy();
    database.setRow(next, chunks[i], Database.NO_ROW);
    learnEpoch(next, i);
    to(ASK, next, i, out, () -> "removes its row");
  }

  /** After the look: S3 is asked (rule 3), or a root is found (rule 4), or neither. */
  private void ask(State state, int i, Steps out) {
    if (!rules.allow(Variation.PUTS_WITHOUT_ASKING)) {
      head(state, i, out);
    }
    if (isKnown(state, i)) {
      to(DONE, state.copy(), i, out, () -> "is known: a root names it");
    }
    put(state, i, DONE, out);
  }

  private void head(State state, int i, Steps out) {
    int key = askedKey(i, state);
    if (world.mayBeThere(state, key)) {
      to(DONE, state.copy(), i, out, () -> "HEAD " + bucket.name(key) + ": found");
    }
    if (world.mayBeMissing(state, key)) {
      to(PUT, state.copy(), i, out, () -> "HEAD " + bucket.name(key) + ": missing");
    }
  }

  private boolean isKnown(State state, int i) {
    int by = templates.roots(state);
    if (!keep(Safeguard.KNOWN_BY_ROOT)) {
      by = templates.inThisStore(state, -1);
    } else if (!keep(Safeguard.KNOWN_BY_ROOT_OF_STORE)) {
      by = templates.everywhere(state);
    }
    return Bits.has(templates.named(state, by), chunks[i]);
  }

  private void put(State state, int i, int then, Steps out) {
    int epoch = keep(Safeguard.PUTS_AT_EPOCH) ? learned[i].get(state) : 0;
    int key = bucket.key(chunks[i], epoch);
    State next = state.copy();
    world.put(next, key);
    to(then, next, i, out, () -> "PUT " + bucket.name(key));
    if (setup.has(Part.UNANSWERED_PUTS) && world.mayBeLate(state, key)) {
      State lost = state.copy();
      bucket.latePuts.add(lost, key);
      out.step(lost, () -> "PUT " + bucket.name(key) + ": no answer");
    }
  }

  private void unmark(State state, int i, Steps out) {
    State next = state.copy();
    database.unmark(next, chunks[i]);
    to(DONE, next, i, out, () -> "is unmarked");
  }

  private int askedKey(int i, State state) {
    return bucket.key(chunks[i], keep(Safeguard.ASKS_AT_EPOCH) ? learned[i].get(state) : 0);
  }

  /** Asks S3 before the look: without rules 2 and 3. */
  private void askFirst(State state, int i, Steps out) {
    State next = state.copy();
    int epoch = database.epoch(state, chunks[i]);
    int key = bucket.key(chunks[i], epoch);
    learned[i].set(next, epoch);
    boolean found = world.mayBeThere(state, key);
    to(
        afterAskFirst(found),
        next,
        i,
        out,
        () -> "HEAD " + bucket.name(key) + (found ? ": found" : ": missing"));
  }

  private int afterAskFirst(boolean found) {
    if (!keep(Safeguard.LOOKS_AT_FOUND) && found) {
      return DONE;
    }
    if (!keep(Safeguard.LOOKS_AT_PUT) && !found) {
      return PUT;
    }
    if (!keep(Safeguard.LOOKS_BEFORE_ASKING)) {
      return found ? FOUND_BEFORE_LOOK : MISSED_BEFORE_LOOK;
    }
    return ASKED_BEFORE_LOOK;
  }

  private boolean keep(Safeguard safeguard) {
    return rules.keep(safeguard);
  }

  private void to(int then, State next, int i, Steps out, Supplier<String> what) {
    todo[i].set(next, then);
    if (then == DONE && keep(Safeguard.LOOK_READS_EPOCH)) {
      learned[i].set(next, 0);
    }
    out.step(next, () -> Names.chunk(chunks[i]) + " " + what.get());
  }
}
