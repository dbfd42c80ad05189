package io.platen.s3store;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.Cancelled;
import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.ChunkIdSet;
import io.platen.chunkstore.Collected;
import io.platen.chunkstore.CollectionListener;
import io.platen.chunkstore.IndexRoot;
import io.platen.chunkstore.IndexRoots;
import io.platen.chunkstore.Pace;
import io.platen.chunkstore.RootWalk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One collection of a bucket: condemns what no root names, waits for the sessions that may have
 * found it before, pardons what new roots name, and deletes the rest. The package comment says why
 * each step is where it is.
 *
 * <p>Memory is bounded but for the roots' names, of which there are as many as templates. Ids are
 * gone through in as many passes as {@link ChunkIdSet} takes.
 */
final class S3Collection {
  private static final long LOOK_AGAIN_MILLIS = 200;

  /** How many chunks are written of in one transaction. */
  private static final int BATCH = 1000;

  private final Bucket bucket;
  private final Ledger ledger;
  private final IndexRoots roots;
  private final RootWalk walk;
  private final Pace pace;
  private final CollectionListener listener;
  private final Cancellation cancellation;
  private final Leases begin;
  private final Consumer<Ledger.Lease> end;

  /** The roots whose chunks were marked in every pass so far. */
  private @Nullable Set<IndexRoot> marked;

  private int read;
  private long kept;
  private long missing;
  private long condemned;
  private long condemnedBytes;
  private long removed;
  private long removedBytes;

  /** Where the lease comes from. */
  @FunctionalInterface
  interface Leases {
    /** The lease; empty where another process has it. */
    Optional<Ledger.Lease> take() throws IOException;
  }

  /**
   * @param begin takes the lease
   * @param end gives the lease back, in the end
   */
  S3Collection(
      Bucket bucket,
      Ledger ledger,
      IndexRoots roots,
      Pace pace,
      CollectionListener listener,
      Cancellation cancellation,
      Leases begin,
      Consumer<Ledger.Lease> end) {
    this.begin = begin;
    this.end = end;
    this.bucket = bucket;
    this.ledger = ledger;
    this.roots = roots;
    this.walk = new RootWalk(roots, cancellation);
    this.pace = pace;
    this.listener = listener;
    this.cancellation = cancellation;
  }

  Collected run(boolean dryRun) throws IOException {
    if (dryRun) {
      condemn(null);
      listener.marked();
      return new Collected(read, kept, missing, condemned, condemnedBytes, 0);
    }
    Ledger.Lease lease = lease();
    try {
      removeOrphans();
      condemn(lease);
      long generation = lease.raiseGeneration();
      listener.marked();
      cancellation.check("collection");
      awaitSessionsBefore(generation, lease);
      pardon(lease);
      delete(lease);
    } finally {
      end.accept(lease);
    }
    return new Collected(read, kept, missing, removed, removedBytes, condemned - removed);
  }

  /** The lease, once no other process has it. */
  private Ledger.Lease lease() throws IOException {
    while (true) {
      Optional<Ledger.Lease> lease = begin.take();
      if (lease.isPresent()) {
        return lease.get();
      }
      pause();
    }
  }

  private void pause() throws IOException {
    cancellation.check("collection");
    try {
      Thread.sleep(LOOK_AGAIN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Cancelled("the collection was interrupted");
    }
  }

  private void removeOrphans() throws IOException {
    Attempts.manifests(bucket, ledger).removeOrphans(BATCH);
    Attempts.indexes(bucket, ledger).removeOrphans(BATCH);
  }

  /** Marks, then lists, a range of ids at a time. The first pass checks every index. */
  private void condemn(Ledger.@Nullable Lease lease) throws IOException {
    int from = 0;
    while (from < ChunkIdSet.PREFIXES) {
      ChunkIdSet needed = mark(from);
      list(needed, lease);
      from = needed.end();
    }
  }

  private ChunkIdSet mark(int from) throws IOException {
    boolean first = from == 0;
    ChunkIdSet needed = new ChunkIdSet(from, ChunkIdSet.PREFIXES);
    Set<IndexRoot> walked = new HashSet<>();
    roots.list(
        root -> {
          if (first) {
            listener.marking(root.name());
          }
          if (walk.walk(root, first, (id, length) -> needed.put(id, 1))) {
            walked.add(root);
            read += first ? 1 : 0;
          }
        });
    if (marked == null) {
      marked = walked;
    } else {
      marked.retainAll(walked);
    }
    return needed;
  }

  private void list(ChunkIdSet needed, Ledger.@Nullable Lease lease) throws IOException {
    Map<ChunkId, Integer> epochs = ledger.epochs();
    List<Ledger.Garbage> garbage = new ArrayList<>();
    List<String> below = new ArrayList<>();
    Map<ChunkId, List<String>> former = new HashMap<>();
    long before = kept;
    new Listing(bucket)
        .visit(
            needed.from(),
            needed.end(),
            (id, epoch, bytes) -> {
              int now = epochs.getOrDefault(id, 0);
              if (epoch < now && needed.contains(id)) {
                former.computeIfAbsent(id, each -> new ArrayList<>()).add(Keys.chunk(id, epoch));
              } else if (epoch < now) {
                below.add(Keys.chunk(id, epoch));
              } else if (epoch == now && needed.contains(id)) {
                kept++;
                // Later epochs are listed later.
                below.addAll(Objects.requireNonNullElse(former.remove(id), List.of()));
              } else if (epoch == now) {
                garbage.add(new Ledger.Garbage(id, epoch, bytes));
              }
              flush(garbage, below, BATCH, lease);
            });
    flush(garbage, below, 1, lease);
    // In a bucket that was put back from an older copy these are all that there is of them.
    kept += former.size();
    missing += needed.count() - (kept - before);
  }

  /** Writes down what has come together, where it is enough. */
  private void flush(
      List<Ledger.Garbage> garbage, List<String> below, int enough, Ledger.@Nullable Lease lease)
      throws IOException {
    if (garbage.size() >= enough) {
      cancellation.check("collection");
      if (lease != null) {
        lease.condemn(garbage);
      } else {
        for (Ledger.Garbage each : garbage) {
          listener.removing(each.id());
        }
      }
      condemned += garbage.size();
      condemnedBytes += garbage.stream().mapToLong(Ledger.Garbage::bytes).sum();
      garbage.clear();
    }
    if (below.size() >= enough) {
      if (lease != null) {
        // Keys that are never used again; what is not deleted now is found by the next collection.
        bucket.deletions().deleteOnce(below);
      }
      below.clear();
    }
  }

  private void awaitSessionsBefore(long generation, Ledger.Lease lease) throws IOException {
    while (lease.hasSessionsBefore(generation)) {
      pause();
    }
  }

  /** Pardons what is named by roots that were not marked in all passes. */
  private void pardon(Ledger.Lease lease) throws IOException {
    Set<IndexRoot> before = marked == null ? Set.of() : marked;
    List<ChunkId> named = new ArrayList<>();
    roots.list(
        root -> {
          if (!before.contains(root)) {
            walk.walk(
                root,
                true,
                (id, length) -> {
                  named.add(id);
                  if (named.size() == BATCH) {
                    lease.pardon(named);
                    named.clear();
                  }
                });
          }
        });
    lease.pardon(named);
  }

  private void delete(Ledger.Lease lease) throws IOException {
    List<Ledger.Garbage> batch = lease.condemned(Deletions.MOST);
    while (!batch.isEmpty()) {
      cancellation.check("collection");
      for (Ledger.Garbage each : batch) {
        listener.removing(each.id());
      }
      IOException doubt =
          deleteBatch(lease.take(batch.stream().map(Ledger.Garbage::id).toList()), lease);
      batch = lease.condemned(Deletions.MOST);
      if (doubt != null && !batch.isEmpty()) {
        // Each further one would only give chunks other keys, which the ledger notes for good.
        throw doubt;
      }
    }
  }

  /** What came instead of an answer, where nothing is known of any; null otherwise. */
  private @Nullable IOException deleteBatch(List<Ledger.Garbage> taken, Ledger.Lease lease)
      throws IOException {
    if (taken.isEmpty()) {
      return null;
    }
    Deletions.Deletion deletion =
        bucket
            .deletions()
            .deleteOnce(taken.stream().map(each -> Keys.chunk(each.id(), each.epoch())).toList());
    List<ChunkId> gone = new ArrayList<>();
    List<ChunkId> kept = new ArrayList<>();
    List<ChunkId> unknown = new ArrayList<>();
    for (Ledger.Garbage each : taken) {
      String key = Keys.chunk(each.id(), each.epoch());
      if (deletion.gone().contains(key)) {
        gone.add(each.id());
        removedBytes += each.bytes();
      } else {
        (deletion.kept().contains(key) ? kept : unknown).add(each.id());
      }
    }
    lease.settle(gone, kept, unknown);
    removed += gone.size();
    IOException refusal = deletion.refusal();
    if (refusal != null) {
      throw refusal;
    }
    pace.await(taken.size(), cancellation);
    return gone.isEmpty() && kept.isEmpty() ? deletion.doubt() : null;
  }
}
