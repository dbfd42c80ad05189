package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.contract.MemoryImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class WorkPlanTest {
  private static final int MIB = 1 << 20;

  /** What a chunk is, found byte by byte. */
  private record Naive(boolean allZero, boolean allParent) {}

  @Property(tries = 300)
  void everyChunkGetsTheWorkThatItsBytesCallFor(
      @ForAll @IntRange(max = 9 * MIB) int size,
      @ForAll @IntRange(max = 9 * MIB) int otherParentSize,
      @ForAll boolean sameSize,
      @ForAll long seed)
      throws IOException {
    int parentSize = sameSize ? size : otherParentSize;
    List<Extent> extents = RandomImages.extents(size, new Random(seed));
    WorkPlan plan = plan(extents, size, parentSize);
    long expectedChunk = 0;
    for (Work work = plan.next(); work != null; work = plan.next()) {
      switch (work) {
        case Work.Zero zero -> {
          assertThat(zero.first()).isEqualTo(expectedChunk);
          for (long i = 0; i < zero.count(); i++) {
            assertThat(naive(extents, size, expectedChunk + i).allZero()).isTrue();
            assertThat(Format.chunkLength(expectedChunk + i, size))
                .isEqualTo(Format.chunkLength(zero.first(), size));
          }
          expectedChunk += zero.count();
        }
        case Work.Inherit inherit -> {
          assertThat(inherit.first()).isEqualTo(expectedChunk);
          for (long i = 0; i < inherit.count(); i++) {
            assertThat(naive(extents, size, expectedChunk + i).allParent()).isTrue();
            assertThat(sameLengthInParent(expectedChunk + i, size, parentSize)).isTrue();
          }
          expectedChunk += inherit.count();
        }
        case Work.Read read -> {
          assertThat(read.chunk()).isEqualTo(expectedChunk);
          Naive naive = naive(extents, size, expectedChunk);
          assertThat(naive.allZero()).isFalse();
          assertThat(naive.allParent() && sameLengthInParent(expectedChunk, size, parentSize))
              .isFalse();
          assertPieces(read, extents, size);
          expectedChunk++;
        }
      }
    }
    assertThat(expectedChunk).isEqualTo(Format.chunkCount(size));
    assertThat(plan.next()).isNull();
  }

  private static boolean sameLengthInParent(long chunk, long size, long parentSize) {
    return chunk < Format.chunkCount(parentSize)
        && Format.chunkLength(chunk, parentSize) == Format.chunkLength(chunk, size);
  }

  private static Naive naive(List<Extent> extents, long size, long chunk) {
    boolean[] zero = kinds(extents, size, chunk, Extent.Kind.ZERO);
    boolean[] parent = kinds(extents, size, chunk, Extent.Kind.PARENT);
    boolean allZero = true;
    boolean allParent = true;
    for (int i = 0; i < zero.length; i++) {
      allZero &= zero[i];
      allParent &= parent[i];
    }
    return new Naive(allZero, allParent);
  }

  /** For each byte of the chunk whether it is of that kind. */
  private static boolean[] kinds(List<Extent> extents, long size, long chunk, Extent.Kind kind) {
    boolean[] is = new boolean[Format.chunkLength(chunk, size)];
    long start = chunk * MIB;
    for (Extent extent : extents) {
      if (extent.kind() == kind) {
        long from = Math.max(extent.offset(), start);
        long to = Math.min(extent.offset() + extent.length(), start + is.length);
        for (long at = from; at < to; at++) {
          is[(int) (at - start)] = true;
        }
      }
    }
    return is;
  }

  private static void assertPieces(Work.Read read, List<Extent> extents, long size) {
    boolean[] zero = kinds(extents, size, read.chunk(), Extent.Kind.ZERO);
    boolean[] inPiece = new boolean[zero.length];
    Pieces pieces = read.pieces();
    int last = -1;
    for (int i = 0; i < pieces.count(); i++) {
      assertThat(pieces.start(i)).isGreaterThan(last);
      last = pieces.end(i);
      for (int at = pieces.start(i); at < pieces.end(i); at++) {
        inPiece[at] = true;
      }
    }
    for (int at = 0; at < zero.length; at++) {
      if (pieces.count() < 64) {
        assertThat(inPiece[at]).isEqualTo(!zero[at]);
      } else {
        assertThat(inPiece[at] || zero[at]).isTrue();
      }
    }
  }

  @Test
  void aRunOfZerosIsHandedOutInBoundedParts() throws IOException {
    long size = 16000L << 30;
    WorkPlan plan = plan(List.of(new Extent(0, size, Extent.Kind.ZERO)), size, 0);
    int steps = 0;
    while (plan.next() instanceof Work.Zero zero) {
      assertThat(zero.count()).isLessThanOrEqualTo(1 << 18);
      steps++;
    }
    assertThat(steps).isEqualTo(63);
  }

  @Test
  void aChunkOfCountlessExtentsIsReadInFewPieces() throws IOException {
    List<Extent> extents = new ArrayList<>();
    for (int at = 0; at < MIB; at += 2) {
      extents.add(new Extent(at, 1, Extent.Kind.ZERO));
      extents.add(new Extent(at + 1, 1, Extent.Kind.DATA));
    }
    assertThat(plan(extents, MIB, 0).next())
        .isInstanceOfSatisfying(
            Work.Read.class,
            read -> {
              assertThat(read.pieces().count()).isEqualTo(64);
              assertThat(read.pieces().end(63)).isEqualTo(MIB);
            });
  }

  @Test
  void extentsThatDoNotCoverTheImageExactlyAreRefused() {
    Extent.Kind data = Extent.Kind.DATA;
    assertLie(List.of());
    assertLie(List.of(new Extent(0, MIB, data)));
    assertLie(List.of(new Extent(1, 2 * MIB - 1, data)));
    assertLie(List.of(new Extent(0, MIB, data), new Extent(MIB + 1, MIB - 1, data)));
    assertLie(List.of(new Extent(0, MIB + 1, data), new Extent(MIB, MIB, data)));
    assertLie(List.of(new Extent(0, 2 * MIB + 1, data)));
    assertLie(List.of(new Extent(0, Long.MAX_VALUE, data)));
    assertLie(List.of(new Extent(0, MIB, data), new Extent(MIB, Long.MAX_VALUE, data)));
    assertLie(List.of(new Extent(0, 0, data), new Extent(0, 2 * MIB, data)));
    assertLie(List.of(new Extent(0, -1, data), new Extent(-1, 2 * MIB + 1, data)));
    assertLie(List.of(new Extent(0, 2 * MIB, data), new Extent(2 * MIB, 1, data)));
  }

  private static void assertLie(List<Extent> extents) {
    WorkPlan plan = plan(extents, 2 * MIB, 0);
    assertThatThrownBy(
            () -> {
              while (plan.next() != null) {
                // The lie shows at some step.
              }
            })
        .isInstanceOf(SourceInvalid.class);
  }

  private static WorkPlan plan(List<Extent> extents, long size, long parentSize) {
    MemoryImage image = new MemoryImage(new byte[0], extents);
    return new WorkPlan(image::openExtents, size, parentSize);
  }
}
