package io.platen.s3store;

import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.IndexRoot;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the processes that share a bucket agree upon: rows of a database that they share, too. Each
 * method is one transaction, seen by all others as a whole. The package comment says what the rows
 * are for. Safe for use by several threads at once.
 *
 * <p>Methods throw a {@link io.platen.chunkstore.StoreUnavailable} where the database can't be
 * asked.
 */
public interface Ledger {
  /** What the collections have to do with a chunk. */
  enum State {
    /** Nothing. */
    FREE,

    /** One found it to be garbage. */
    CONDEMNED,

    /** One deletes it now. */
    DELETING
  }

  /**
   * What is noted of a chunk.
   *
   * @param epoch the epoch of its key
   * @param bad whether its bytes are known to be wrong
   */
  record Note(State state, int epoch, boolean bad) {
    /** That of a chunk without a row. */
    public static final Note NONE = new Note(State.FREE, 0, false);
  }

  /**
   * Forgets the sessions of this host's former process, and ends what a collection of its was
   * about. To be called by the process that follows it, before it uses the ledger.
   */
  void recover() throws IOException;

  /** What a session made of the image of a name, under a key that is never used again. */
  record Attempt(String name, long session) {}

  /** Of {@link #published}: nothing is known of an image of that name in this store. */
  long UNKNOWN = -1;

  /** Of {@link #published}: no session has published it. */
  long NONE = 0;

  /**
   * The session that published the image of a name, as all agree since the transaction that removed
   * that session's row; {@link #UNKNOWN} or {@link #NONE}.
   */
  long published(String name) throws IOException;

  /** Hears which images will be asked for, so that one question does for all of them. */
  default void expect(List<String> names) throws IOException {}

  /**
   * Those of these, each made by a session, that are not what was published of their image, and
   * never will be: the session's row is gone.
   */
  List<Attempt> orphans(List<Attempt> attempts) throws IOException;

  /** Begins a session: its row has the store's generation of that same transaction. */
  long openSession() throws IOException;

  /** Removes a session's row. */
  void closeSession(long session) throws IOException;

  /**
   * Removes the rows of this node's other sessions, which nobody has: the answer to what opened one
   * was lost. One that is still being written is waited for.
   *
   * @param open the rows of those that somebody has
   */
  void closeSessionsBut(Set<Long> open) throws IOException;

  /**
   * Ends the collection that has the lease, where its process is believed dead: what it was
   * deleting moves to its next epoch.
   */
  void endDeadCollection() throws IOException;

  /** Hears of a chunk that something is noted of. */
  @FunctionalInterface
  interface NoteVisitor {
    void visit(ChunkId id, Note note) throws IOException;
  }

  /** Tells all chunks that something is noted of, as they were at one moment. */
  void notes(NoteVisitor visitor) throws IOException;

  /** The epochs of the chunks whose epoch is not 0. */
  Map<ChunkId, Integer> epochs() throws IOException;

  /**
   * Hears of epochs that chunks were found at. Where one is higher than what is noted, it counts
   * from now on: nothing is stored at an epoch that no ledger knew, so this one is older than the
   * store, or was made anew.
   */
  void raise(Map<ChunkId, Integer> found) throws IOException;

  /** What is noted of a chunk. Changes nothing. */
  Note note(ChunkId id) throws IOException;

  /**
   * Looks at a chunk for a session that needs it: where it is condemned it is so no more.
   *
   * @return what is noted of it now
   */
  Note look(ChunkId id) throws IOException;

  /**
   * The indexes of images that one is likely to share chunks with: of roots that lack no chunk, as
   * far as is known, with their digests.
   *
   * @param index the name of that image's index
   */
  List<IndexRoot> related(String index) throws IOException;

  /** Those of these indexes that are such still. */
  List<IndexRoot> roots(List<IndexRoot> indexes) throws IOException;

  /** Notes that a chunk's bytes are wrong, where its epoch is still this one. */
  void markBad(ChunkId id, int epoch) throws IOException;

  /** Notes that its bytes are right, or gone, where its epoch is still this one. */
  void unmarkBad(ChunkId id, int epoch) throws IOException;

  /**
   * Begins a collection: takes the lease, forgets what is condemned, and moves each chunk that
   * another one was deleting to its next epoch.
   *
   * @return empty where another process has the lease that is believed to live
   */
  Optional<Lease> collect() throws IOException;

  /**
   * A stored chunk that nothing needs.
   *
   * @param bytes of its object
   */
  record Garbage(ChunkId id, int epoch, long bytes) {}

  /**
   * The right to collect. Each method locks the lease and throws a {@link LeaseLost} where another
   * collection has it.
   */
  interface Lease extends AutoCloseable {
    /** Condemns chunks that have no state and are at this epoch still. */
    void condemn(List<Garbage> chunks) throws IOException;

    /** Raises the store's generation, after everything is condemned; returns the new one. */
    long raiseGeneration() throws IOException;

    /**
     * Whether a session has a row of an older generation than this. Those of processes that are
     * believed dead lose theirs.
     */
    boolean hasSessionsBefore(long generation) throws IOException;

    /** Pardons those of these chunks that are condemned. */
    void pardon(List<ChunkId> ids) throws IOException;

    /** Some condemned chunks; none where there are no more. */
    List<Garbage> condemned(int most) throws IOException;

    /** Begins to delete those of these chunks that are condemned still, and returns them. */
    List<Garbage> take(List<ChunkId> ids) throws IOException;

    /**
     * Ends their deletion.
     *
     * @param gone chunks whose objects are gone
     * @param kept chunks whose objects were not deleted for sure
     * @param unknown chunks of whose objects nothing is known: they move to their next epoch
     */
    void settle(List<ChunkId> gone, List<ChunkId> kept, List<ChunkId> unknown) throws IOException;

    /**
     * Gives the lease back, if it is still this collection's. What it was deleting, and has not
     * settled, moves to its next epoch.
     */
    @Override
    void close() throws IOException;
  }

  /** Another collection has begun. */
  final class LeaseLost extends IOException {
    private static final long serialVersionUID = 1L;

    public LeaseLost() {
      super("another collection of this store has begun; this one ends");
    }
  }
}
