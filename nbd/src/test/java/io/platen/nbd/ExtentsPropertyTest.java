package io.platen.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Cursors over a server that answers in random legal ways, beside a naive model. */
class ExtentsPropertyTest {
  /** Answers block status requests about a disk given block by block. */
  private static final class ModelServer implements Wire {
    private final Random random;
    private final int[] allocation;
    private final int[] depth;
    private ScriptedWire answer = new ScriptedWire(new byte[0]);

    ModelServer(Random random, int[] allocation, int[] depth) {
      this.random = random;
      this.allocation = allocation;
      this.depth = depth;
    }

    @Override
    public void receive(ByteBuffer dst) throws NbdConnectionException {
      answer.receive(dst);
    }

    @Override
    public void send(ByteBuffer request) {
      assertThat(request.getShort(6)).isEqualTo((short) 7);
      long handle = request.getLong(8);
      int offset = (int) request.getLong(16);
      int length = request.getInt(24);
      assertThat(answer.unread()).isZero();
      Script script = new Script();
      boolean baseFirst = random.nextBoolean();
      script.status(false, handle, baseFirst ? 1 : 2, describe(baseFirst, offset, length));
      script.status(true, handle, baseFirst ? 2 : 1, describe(!baseFirst, offset, length));
      answer = new ScriptedWire(script.bytes());
    }

    /** Less than asked, in needless pieces, or with a last one that goes beyond, as servers may. */
    private long[] describe(boolean base, int offset, int length) {
      int[] flags = base ? allocation : depth;
      int told = 1 + random.nextInt(length);
      List<Long> fields = new ArrayList<>();
      for (int at = offset; at < offset + told; ) {
        int most = at;
        while (most < flags.length && flags[most] == flags[at]) {
          most++;
        }
        int end = random.nextInt(4) == 0 ? at + 1 + random.nextInt(most - at) : most;
        fields.add((long) end - at);
        fields.add((long) flags[at]);
        at = end;
      }
      return fields.stream().mapToLong(Long::longValue).toArray();
    }
  }

  private static int[] random(Random random, int blocks, int values) {
    int[] flags = new int[blocks];
    int value = 0;
    for (int i = 0; i < blocks; i++) {
      value = random.nextInt(8) == 0 ? random.nextInt(values) : value;
      flags[i] = value;
    }
    return flags;
  }

  private static Transmission transmission(Wire wire, int size) {
    return new Transmission(
        wire,
        new Export(
            size,
            3,
            NbdBlockSizes.UNSTATED,
            true,
            Map.of(1, NbdContext.BASE_ALLOCATION, 2, NbdContext.ALLOCATION_DEPTH)));
  }

  @Property
  void theCombinedCursorTellsTheModelsRunsExactly(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 400) int blocks) throws Exception {
    Random random = new Random(seed);
    int[] allocation = random(random, blocks, 4);
    int[] depth = random(random, blocks, 3);
    Transmission transmission = transmission(new ModelServer(random, allocation, depth), blocks);
    int window = 1 + random.nextInt(blocks);
    NbdCursor<NbdExtent> cursor =
        new NbdCursor<>(
            (offset, length) ->
                transmission.blockStatus(offset, Math.min(length, window)).extents(),
            0,
            blocks);

    List<NbdExtent> expected = new ArrayList<>();
    for (int start = 0; start < blocks; ) {
      int end = start;
      while (end < blocks && allocation[end] == allocation[start] && depth[end] == depth[start]) {
        end++;
      }
      int flags = allocation[start];
      boolean hole = flags == 1 || flags == 3;
      boolean zero = flags == 2 || flags == 3;
      expected.add(new NbdExtent(start, (long) end - start, hole, zero, depth[start]));
      start = end;
    }
    assertThat(all(cursor)).isEqualTo(expected);
  }

  @Property
  void oneContextsCursorTellsTheModelsRunsExactly(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 400) int blocks) throws Exception {
    Random random = new Random(seed);
    int[] allocation = random(random, blocks, 4);
    int[] depth = random(random, blocks, 3);
    Transmission transmission = transmission(new ModelServer(random, allocation, depth), blocks);
    NbdCursor<NbdStatus> cursor =
        new NbdCursor<>(
            (offset, length) ->
                transmission
                    .blockStatus(offset, length)
                    .statuses()
                    .getOrDefault(NbdContext.ALLOCATION_DEPTH, List.of()),
            0,
            blocks);

    List<NbdStatus> expected = new ArrayList<>();
    for (int start = 0; start < blocks; ) {
      int end = start;
      while (end < blocks && depth[end] == depth[start]) {
        end++;
      }
      expected.add(new NbdStatus(start, (long) end - start, depth[start]));
      start = end;
    }
    assertThat(all(cursor)).isEqualTo(expected);
  }

  private static <T extends NbdRange<T>> List<T> all(NbdCursor<T> cursor) throws NbdException {
    List<T> ranges = new ArrayList<>();
    for (T range = cursor.next(); range != null; range = cursor.next()) {
      ranges.add(range);
    }
    assertThat(cursor.next()).isNull();
    return ranges;
  }
}
