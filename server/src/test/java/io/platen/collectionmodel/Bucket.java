package io.platen.collectionmodel;

/**
 * The store's objects in S3, and the requests that are still on their way. A chunk has a key for
 * each epoch, {@code store.castr/} and {@code store.n.castr/}; an index has one for each attempt,
 * which stands for its manifest too.
 */
final class Bucket {
  /** The keys at which a chunk is stored. */
  final Field objects;

  /** Of these the ones that hold other bytes than they should. */
  final Field rotten;

  /** Keys with a DELETE on its way that nobody waits for any more. */
  final Field lateDeletes;

  /** Keys with a PUT on its way that nobody waits for any more. */
  final Field latePuts;

  /** The attempts, less 1, whose index is stored. */
  final Field indexes;

  private final int chunks;
  private final int epochs;

  Bucket(Layout layout, Setup setup) {
    chunks = setup.chunks();
    epochs = setup.epochs();
    int keys = chunks * epochs;
    objects = layout.set(keys);
    rotten = layout.setIf(setup.has(Part.REPAIR), keys);
    lateDeletes = layout.setIf(setup.has(Part.UNANSWERED_DELETES), keys);
    latePuts = layout.setIf(setup.has(Part.UNANSWERED_PUTS), keys);
    indexes = layout.setIf(setup.has(Part.INDEXES), setup.firstAttempt());
  }

  int key(int chunk, int epoch) {
    return chunk + chunks * epoch;
  }

  int chunkOf(int key) {
    return key % chunks;
  }

  int epochOf(int key) {
    return key / chunks;
  }

  int keys() {
    return chunks * epochs;
  }

  boolean has(State state, int key) {
    return objects.has(state, key);
  }

  /** The bytes that belong there. Replaces what is there, in one step. */
  void put(State state, int key) {
    objects.add(state, key);
    rotten.remove(state, key);
  }

  void delete(State state, int key) {
    objects.remove(state, key);
    rotten.remove(state, key);
  }

  String name(int key) {
    return Names.chunk(chunkOf(key)) + (epochOf(key) == 0 ? "" : "~" + epochOf(key));
  }
}
