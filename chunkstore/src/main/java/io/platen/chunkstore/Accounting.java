package io.platen.chunkstore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts what images take in a store: each chunk that they name once, by the length of its file.
 * Memory is bounded by {@link ChunkIdSet}; every chunk's file is looked at once.
 */
public final class Accounting {
  /** A value of the table: length of the file, who names it, and who was the last to do so. */
  private static final int OWNER_SHIFT = 26;

  private static final int STATE_SHIFT = 24;
  private static final long LENGTH_MASK = (1L << STATE_SHIFT) - 1;

  private static final long COUNTED = 0;
  private static final long SOLE = 1;
  private static final long SHARED_IN_GROUP = 2;
  private static final long SHARED = 3;

  private final ChunkDirectory chunks;
  private final int maxSlots;

  /** Counts in this store. */
  public Accounting(ChunkDirectory chunks) {
    this(chunks, ChunkIdSet.MAX_SLOTS);
  }

  /** With tables of at most so many slots, for tests. */
  Accounting(ChunkDirectory chunks, int maxSlots) {
    this.chunks = chunks;
    this.maxSlots = maxSlots;
  }

  /**
   * An index to count.
   *
   * @param group whom it belongs to
   */
  public record Owner(IndexRoot index, String group) {}

  /**
   * What one image takes.
   *
   * @param virtualBytes its size
   * @param dataBytes bytes of its chunks that are not all zero, each as often as it occurs
   * @param storedBytes bytes of the files of all chunks that it names, the zero chunk's included
   * @param exclusiveBytes of those, the bytes of chunks that no other index names
   * @param chunks how many different chunks it names
   * @param sharedChunks how many of those another index names too
   */
  public record Usage(
      long virtualBytes,
      long dataBytes,
      long storedBytes,
      long exclusiveBytes,
      long chunks,
      long sharedChunks) {}

  /**
   * What the images of a group take together.
   *
   * @param storedBytes bytes of the files of all chunks that they name, each counted once
   * @param exclusiveBytes of those, the bytes of chunks that no index outside of the group names
   * @param chunks how many different chunks they name
   */
  public record GroupUsage(long storedBytes, long exclusiveBytes, long chunks) {}

  /**
   * What everything takes.
   *
   * @param images by the file of their index; without those that were deleted while counting
   * @param storedBytes bytes of the files of all chunks that any names
   */
  public record Total(
      Map<IndexRoot, Usage> images,
      Map<String, GroupUsage> groups,
      long storedBytes,
      long storedChunks) {}

  /**
   * Counts.
   *
   * @throws IndexCorrupt when an index can't be read
   * @throws Cancelled after a cancellation
   */
  public Total count(IndexRoots roots, List<Owner> owners, Cancellation cancellation)
      throws IOException {
    // One group after the other, so that one number tells the last owner and the last group.
    List<Owner> ordered = new ArrayList<>(owners);
    ordered.sort(Comparator.comparing(Owner::group));
    Run run = new Run(ordered, new RootWalk(roots, cancellation));
    int from = 0;
    while (from < ChunkIdSet.PREFIXES) {
      from = run.pass(from);
    }
    return run.total();
  }

  private static final class Sums {
    long virtualBytes;
    long dataBytes;
    long storedBytes;
    long exclusiveBytes;
    long chunks;
    long exclusiveChunks;
  }

  private final class Run {
    private final List<Owner> owners;
    private final RootWalk walk;
    private final Sums[] sums;
    private final boolean[] gone;
    private final Map<String, Sums> groups = new LinkedHashMap<>();
    private long storedBytes;
    private long storedChunks;

    Run(List<Owner> owners, RootWalk walk) {
      this.owners = owners;
      this.walk = walk;
      this.sums = new Sums[owners.size()];
      this.gone = new boolean[owners.size()];
      for (int i = 0; i < sums.length; i++) {
        sums[i] = new Sums();
      }
    }

    int pass(int from) throws IOException {
      // What is beyond the end of a pass is counted in a later one, so nothing may be added up
      // before the end is known: the table first, the sums after it.
      ChunkIdSet named = new ChunkIdSet(from, ChunkIdSet.PREFIXES, maxSlots);
      for (int i = 0; i < owners.size(); i++) {
        int owner = i;
        boolean first = from == 0;
        Sums sum = sums[i];
        gone[i] |=
            !walk.walk(
                owners.get(i).index(),
                first,
                (id, length) -> {
                  if (first) {
                    sum.virtualBytes += length;
                    sum.dataBytes += id.equals(ZeroChunk.id(length)) ? 0 : length;
                  }
                  name(named, id, owner);
                });
      }
      addUp(named);
      return named.end();
    }

    private void name(ChunkIdSet named, ChunkId id, int owner) throws IOException {
      long value = named.get(id);
      if (value == 0) {
        if (named.covers(id)) {
          named.put(id, value(owner, SOLE, length(id)));
        }
        return;
      }
      int last = (int) (value >>> OWNER_SHIFT);
      if (last != owner) {
        boolean sameGroup = owners.get(last).group().equals(owners.get(owner).group());
        long state = sameGroup && state(value) != SHARED ? SHARED_IN_GROUP : SHARED;
        named.put(id, value(owner, state, value & LENGTH_MASK));
      }
    }

    private static long value(int owner, long state, long length) {
      return (long) owner << OWNER_SHIFT | state << STATE_SHIFT | length;
    }

    private static long state(long value) {
      return value >>> STATE_SHIFT & 3;
    }

    private long length(ChunkId id) throws IOException {
      try {
        return Math.min(Files.size(chunks.file(id)), LENGTH_MASK);
      } catch (NoSuchFileException e) {
        return 0;
      }
    }

    private void addUp(ChunkIdSet named) throws IOException {
      named.forEach(
          (id, value) -> {
            long length = value & LENGTH_MASK;
            storedBytes += length;
            storedChunks++;
            Owner last = owners.get((int) (value >>> OWNER_SHIFT));
            if (state(value) == SOLE) {
              Sums sum = sums[(int) (value >>> OWNER_SHIFT)];
              sum.exclusiveBytes += length;
              sum.exclusiveChunks++;
            }
            if (state(value) != SHARED) {
              group(last.group()).exclusiveBytes += length;
            }
          });
      // Once more, now that it is known which ids this pass covers. The owner in a value becomes
      // the
      // last one, plus 1, that has counted the chunk.
      int groupStart = 0;
      for (int i = 0; i < owners.size(); i++) {
        int owner = i;
        String group = owners.get(i).group();
        groupStart = i > 0 && owners.get(i - 1).group().equals(group) ? groupStart : i;
        int firstOfGroup = groupStart;
        if (!gone[i]) {
          Sums ofGroup = group(group);
          gone[i] =
              !walk.walk(
                  owners.get(i).index(),
                  false,
                  (id, length) -> count(named, id, owner, firstOfGroup, ofGroup));
        }
      }
    }

    private void count(ChunkIdSet named, ChunkId id, int owner, int groupStart, Sums group) {
      Sums sum = sums[owner];
      long value = named.get(id);
      if (value == 0) {
        return;
      }
      int last = state(value) == COUNTED ? (int) (value >>> OWNER_SHIFT) - 1 : -1;
      if (last == owner) {
        return;
      }
      long length = value & LENGTH_MASK;
      sum.chunks++;
      sum.storedBytes += length;
      if (last < groupStart) {
        group.chunks++;
        group.storedBytes += length;
      }
      named.put(id, value(owner + 1, COUNTED, length));
    }

    private Sums group(String name) {
      return groups.computeIfAbsent(name, key -> new Sums());
    }

    Total total() {
      Map<IndexRoot, Usage> images = new LinkedHashMap<>();
      for (int i = 0; i < sums.length; i++) {
        if (!gone[i]) {
          Sums sum = sums[i];
          images.put(
              owners.get(i).index(),
              new Usage(
                  sum.virtualBytes,
                  sum.dataBytes,
                  sum.storedBytes,
                  sum.exclusiveBytes,
                  sum.chunks,
                  sum.chunks - sum.exclusiveChunks));
        }
      }
      Map<String, GroupUsage> grouped = new LinkedHashMap<>();
      groups.forEach(
          (name, sum) ->
              grouped.put(name, new GroupUsage(sum.storedBytes, sum.exclusiveBytes, sum.chunks)));
      return new Total(images, grouped, storedBytes, storedChunks);
    }
  }
}
