package io.platen.chunkstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads every chunk that needed indexes name, each once however many name it, and finds those that
 * are bad and which indexes they damage. It changes nothing. Memory is bounded by {@link
 * ChunkIdSet}.
 */
public final class Verifier {
  /** How many bad chunks a report lists; it counts them all. */
  public static final int MAX_LISTED = 1000;

  /**
   * With more damaged indexes than this, more than single files are lost, and a verification ends.
   */
  static final int MAX_DAMAGED = 10_000;

  /** Ids of chunks begin with one of so many prefixes. */
  public static final int PREFIXES = ChunkIdSet.PREFIXES;

  private static final String OPERATION = "verify";

  private final ChunkSource store;
  private final Workspaces workspaces;
  private final int threads;
  private final Pace pace;

  /**
   * A verifier of this store.
   *
   * @param pace how many bytes to read in a second
   */
  public Verifier(ChunkSource store, Workspaces workspaces, int threads, Pace pace) {
    this.store = store;
    this.workspaces = workspaces;
    this.threads = threads;
    this.pace = pace;
  }

  /** Hears of findings at once; by one thread at a time. What it throws ends the verification. */
  public interface Listener {
    /** Hears nothing. */
    Listener NONE = new Listener() {};

    /** A bad chunk was found. */
    default void bad(BadChunk chunk) throws IOException {}

    /**
     * Called about four times a second.
     *
     * @param prefixesDone how many of the {@link #PREFIXES} are done
     * @param bytes bytes read from the store
     */
    default void advanced(int prefixesDone, long bytes) {}
  }

  /**
   * Verifies all that the roots name.
   *
   * @throws Cancelled after a cancellation, or an interrupt of this thread
   */
  public Verified verify(IndexRoots roots, Listener listener, Cancellation cancellation)
      throws IOException {
    return verify(roots, index -> true, 0, PREFIXES, listener, cancellation);
  }

  /**
   * Verifies the chunks that some of the roots name.
   *
   * @param selected whether to read the chunks of an index; which indexes a bad one damages is
   *     found among all
   */
  public Verified verify(
      IndexRoots roots, Predicate<IndexRoot> selected, Listener listener, Cancellation cancellation)
      throws IOException {
    return verify(roots, selected, 0, PREFIXES, listener, cancellation);
  }

  /** Verifies the chunks whose ids have a prefix from {@code from} to before {@code end}. */
  public Verified verify(
      IndexRoots roots, int from, int end, Listener listener, Cancellation cancellation)
      throws IOException {
    return verify(roots, index -> true, from, end, listener, cancellation);
  }

  private Verified verify(
      IndexRoots roots,
      Predicate<IndexRoot> selected,
      int from,
      int end,
      Listener listener,
      Cancellation cancellation)
      throws IOException {
    Run run = new Run(roots, selected, listener, cancellation);
    int next = from;
    while (next < end) {
      next = run.pass(next, end);
    }
    return run.result();
  }

  /**
   * Whether a chunk is there and holds what it should.
   *
   * @throws Cancelled after a cancellation
   */
  public boolean isGood(ChunkId id, Cancellation cancellation) throws IOException {
    cancellation.check(OPERATION);
    Workspace workspace = workspaces.take(cancellation::isCancelled);
    if (workspace == null) {
      throw new Cancelled(OPERATION + " was cancelled");
    }
    try {
      return problem(id, workspace, workspace.frame()) == null;
    } finally {
      workspaces.giveBack(workspace);
    }
  }

  private @Nullable BadChunk problem(ChunkId id, Workspace workspace, ByteBuffer frame) {
    try {
      store.read(id, frame);
      workspace.check(id);
      return null;
    } catch (ChunkMissing e) {
      return new BadChunk(id, BadChunk.Kind.MISSING, String.valueOf(e.getMessage()));
    } catch (ChunkCorrupt e) {
      return new BadChunk(id, BadChunk.Kind.CORRUPT, String.valueOf(e.getMessage()));
    } catch (ChunkUnreadable e) {
      return unread(id, BadChunk.Kind.UNREADABLE, e);
    } catch (IOException e) {
      return unread(id, BadChunk.Kind.UNAVAILABLE, e);
    }
  }

  private static BadChunk unread(ChunkId id, BadChunk.Kind kind, IOException e) {
    return new BadChunk(id, kind, "chunk " + id + " can't be read: " + e.getMessage());
  }

  private final class Run {
    private final IndexRoots roots;
    private final Predicate<IndexRoot> selected;
    private final RootWalk walk;
    private final Listener listener;
    private final Cancellation cancellation;
    private final AtomicLong chunks = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final List<BadChunk> bad = new ArrayList<>();
    private long badChunks;
    private final Map<String, DamagedIndex> damaged = new LinkedHashMap<>();
    private int read;
    private boolean first = true;

    Run(
        IndexRoots roots,
        Predicate<IndexRoot> selected,
        Listener listener,
        Cancellation cancellation) {
      this.roots = roots;
      this.selected = selected;
      this.walk = new RootWalk(roots, cancellation);
      this.listener = listener;
      this.cancellation = cancellation;
    }

    int pass(int from, int end) throws IOException {
      ChunkIdSet named = new ChunkIdSet(from, end);
      roots.list(
          index -> {
            if (selected.test(index)) {
              collect(index, named);
            }
          });
      first = false;
      ChunkIdSet found = new ChunkIdSet(from, named.end());
      check(named, found);
      ChunkIdSet still = stillBad(found);
      if (still.count() > 0) {
        findHurt(still);
      }
      return named.end();
    }

    /**
     * Those that are bad by now as well: a capture may have stored one since it was read, or since
     * it was set aside.
     */
    private ChunkIdSet stillBad(ChunkIdSet found) throws IOException {
      ChunkIdSet still = new ChunkIdSet(found.from(), found.end());
      for (int slot = 0; slot < found.slots(); slot++) {
        ChunkId id = found.at(slot);
        if (id == null) {
          continue;
        }
        if (isGood(id, cancellation)) {
          badChunks--;
          bad.removeIf(chunk -> chunk.id().equals(id));
        } else {
          still.put(id, 1);
        }
      }
      return still;
    }

    private void collect(IndexRoot index, ChunkIdSet named) throws IOException {
      try {
        if (walk.walk(index, first, (id, length) -> named.put(id, 1)) && first) {
          read++;
        }
      } catch (IndexCorrupt e) {
        damaged(new DamagedIndex(index.name(), 0, null, String.valueOf(e.getMessage())));
      }
    }

    private void check(ChunkIdSet named, ChunkIdSet found) throws IOException {
      AtomicInteger next = new AtomicInteger();
      WorkerGroup crew = new WorkerGroup(OPERATION);
      int slots = named.slots();
      crew.run(
          threads,
          () -> {
            for (int slot = next.getAndIncrement();
                slot < slots && !crew.stopping();
                slot = next.getAndIncrement()) {
              ChunkId id = named.at(slot);
              if (id != null) {
                check(id, crew, found);
              }
            }
          },
          cancellation,
          () -> listener.advanced(done(named, next.get()), bytes.get()));
    }

    private int done(ChunkIdSet named, int slot) {
      long share = (long) (named.end() - named.from()) * Math.min(slot, named.slots());
      return named.from() + (int) (share / named.slots());
    }

    private void check(ChunkId id, WorkerGroup crew, ChunkIdSet found) throws IOException {
      Workspace workspace = workspaces.take(crew::stopping);
      if (workspace == null) {
        return;
      }
      int length;
      BadChunk problem;
      try {
        ByteBuffer frame = workspace.frame();
        problem = problem(id, workspace, frame);
        length = frame.limit();
      } finally {
        workspaces.giveBack(workspace);
      }
      chunks.incrementAndGet();
      if (problem != null) {
        synchronized (bad) {
          badChunks++;
          if (bad.size() < MAX_LISTED) {
            bad.add(problem);
          }
          found.put(id, 1);
          listener.bad(problem);
        }
        return;
      }
      bytes.addAndGet(length);
      pace.await(length, cancellation);
    }

    /**
     * Finds the indexes that name bad chunks. They are listed anew: what was deleted meanwhile may
     * have been collected, and damages nothing.
     */
    private void findHurt(ChunkIdSet found) throws IOException {
      AtomicInteger owner = new AtomicInteger(2);
      roots.list(
          index -> {
            DamagedIndex before = damaged.get(index.name());
            if (before == null || before.unreadable() == null) {
              findHurt(index, found, owner.getAndIncrement());
            }
          });
    }

    private void damaged(DamagedIndex index) throws IOException {
      damaged.put(index.name(), index);
      if (damaged.size() > MAX_DAMAGED) {
        throw new IOException(
            "more than %d indexes or their chunks are lost; the last one found is %s. Check that all of the data directory is mounted and readable"
                .formatted(MAX_DAMAGED, index.name()));
      }
    }

    private void findHurt(IndexRoot index, ChunkIdSet found, int owner) throws IOException {
      long[] count = new long[1];
      ChunkId[] example = new ChunkId[1];
      try {
        walk.walk(
            index,
            false,
            (id, length) -> {
              long seenBy = found.get(id);
              if (seenBy != 0 && seenBy != owner) {
                found.put(id, owner);
                count[0]++;
                example[0] = id;
              }
            });
      } catch (IndexCorrupt e) {
        damaged(new DamagedIndex(index.name(), 0, null, String.valueOf(e.getMessage())));
        return;
      }
      if (count[0] > 0) {
        DamagedIndex before = damaged.get(index.name());
        long earlier = before == null ? 0 : before.badChunks();
        damaged(new DamagedIndex(index.name(), earlier + count[0], example[0], null));
      }
    }

    Verified result() {
      // A bad chunk that no index names any more is no loss.
      if (damaged.isEmpty()) {
        return new Verified(read, chunks.get(), bytes.get(), 0, List.of(), List.of());
      }
      return new Verified(
          read, chunks.get(), bytes.get(), badChunks, bad, List.copyOf(damaged.values()));
    }
  }
}
