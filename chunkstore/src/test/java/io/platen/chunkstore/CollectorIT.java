package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.chunkstore.contract.PoolImages;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Captures, launches, deletions and thousands of collections at the same time, in processes that
 * are killed, against a model of what must be there.
 */
@Timeout(300)
class CollectorIT {
  /** Captures, launches and deletions. Collections come as they come: they are much faster. */
  private static final int STEPS = 900;

  private static final int KILLS = 8;

  @TempDir Path directory;

  /** Templates that were published, and whose deletion has not begun: those must be there. */
  private final Set<String> needed = new HashSet<>();

  /** Templates that may be there or not: the process was killed before it could say. */
  private final Set<String> undecided = new HashSet<>();

  private final TreeMap<String, Integer> counts = new TreeMap<>();
  private int steps;

  @Test
  void whatTheModelNeedsIsThereByteForByteWhateverIsDoneAndKilledAtTheSameTime() throws Exception {
    DirectoryUnderTest made = new DirectoryUnderTest(directory);
    PoolImages images = new PoolImages(made.indexes());
    Random random = new Random(11);
    int round = 0;
    while (round < KILLS || steps < STEPS) {
      boolean kill = round < KILLS;
      int last = kill ? steps + 10 + random.nextInt(80) : Integer.MAX_VALUE;
      Process child =
          CollectorChild.command(directory, round, kill ? 100_000 : Math.max(1, STEPS - steps))
              .start();
      boolean closed = false;
      try (BufferedReader output = child.inputReader()) {
        String line = output.readLine();
        while (line != null) {
          hear(line);
          closed |= line.equals("closed");
          if (steps >= last) {
            child.toHandle().destroyForcibly();
          }
          line = output.readLine();
        }
      }
      int status = child.waitFor();
      assertThat(closed || kill).as("status " + status).isTrue();
      assertThat(status).isIn(0, 137);
      check(made, images);
      round++;
    }
    assertThat(steps).isGreaterThanOrEqualTo(STEPS);
    System.out.println("CollectorIT: " + steps + " steps, " + counts);
    assertThat(counts.keySet())
        .contains("captured", "deleted", "launched", "collected", "cancelled");
  }

  private void hear(String line) {
    String[] words = line.split(" ", 2);
    counts.merge(words[0], 1, Integer::sum);
    switch (words[0]) {
      case "capturing" -> undecided.add(words[1]);
      case "captured" -> {
        undecided.remove(words[1]);
        needed.add(words[1]);
        steps++;
      }
      case "deleting" -> {
        needed.remove(words[1]);
        undecided.add(words[1]);
      }
      case "deleted" -> {
        undecided.remove(words[1]);
        steps++;
      }
      case "launched", "cancelled", "parent-deleted" -> steps++;
      default -> assertThat(words[0]).isIn("collected", "dry", "collection-cancelled", "closed");
    }
  }

  /** After each process: everything needed is whole, and a collection leaves nothing else. */
  private void check(DirectoryUnderTest made, PoolImages images) throws Exception {
    Set<String> live = new HashSet<>();
    Set<ChunkId> named = new HashSet<>();
    try (FileChunkStore store = made.open();
        Workspaces workspaces = new Workspaces(4)) {
      Collected dry =
          new Collector(store, Pace.unlimited())
              .collect(images, true, CollectionListener.NONE, new Cancellation());
      assertThat(dry.missingChunks()).isZero();
      for (String index : images.live()) {
        live.add(index);
        PoolImages.chunks(index).forEach(number -> named.add(PoolImages.id(number)));
        images.check(store, workspaces, index);
      }
      Set<String> surprising = new HashSet<>(live);
      surprising.removeAll(needed);
      surprising.removeAll(undecided);
      assertThat(surprising).isEmpty();
      assertThat(live).containsAll(needed);
      // What the killed process did not say is known now.
      needed.clear();
      needed.addAll(live);
      undecided.clear();
      if (dry.removedChunks() % 2 == 0) {
        Collected collected =
            new Collector(store, Pace.unlimited())
                .collect(images, false, CollectionListener.NONE, new Cancellation());
        assertThat(collected).isEqualTo(dry);
        assertThat(made.stored()).containsExactlyInAnyOrderElementsOf(List.copyOf(named));
      }
    }
  }
}
