package io.platen.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Read replies in random legal and illegal shapes beside a naive model. */
class ReadReplyPropertyTest {
  private static final long OFFSET = 1L << 40;

  private record Piece(int start, int end, boolean hole) {}

  private static List<Piece> pieces(Random random, int length) {
    List<Piece> pieces = new ArrayList<>();
    for (int start = 0; start < length; ) {
      int end = start + 1 + random.nextInt(Math.max(1, Math.min(length - start, length / 3 + 1)));
      end = Math.min(end, length);
      pieces.add(new Piece(start, end, random.nextInt(3) == 0));
      start = end;
    }
    Collections.shuffle(pieces, random);
    return pieces;
  }

  private static byte[] content(Random random, List<Piece> pieces, int length) {
    byte[] content = new byte[length];
    random.nextBytes(content);
    for (Piece piece : pieces) {
      if (piece.hole()) {
        Arrays.fill(content, piece.start(), piece.end(), (byte) 0);
      }
    }
    return content;
  }

  private static void append(Script script, Piece piece, byte[] content, boolean done) {
    if (piece.hole()) {
      script.hole(done, 1, OFFSET + piece.start(), (long) piece.end() - piece.start());
    } else {
      byte[] data = Arrays.copyOfRange(content, piece.start(), piece.end());
      script.data(done, 1, OFFSET + piece.start(), data);
    }
  }

  private static void read(byte[] incoming, ByteBuffer dst) throws NbdException {
    Export export = new Export(1L << 41, 3, NbdBlockSizes.UNSTATED, true, Map.of());
    new Transmission(new ScriptedWire(incoming), export).read(OFFSET, dst);
  }

  @Property
  void everyLegalChunkingGivesTheContent(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 3000) int length, @ForAll boolean direct)
      throws Exception {
    Random random = new Random(seed);
    List<Piece> pieces = pieces(random, length);
    byte[] content = content(random, pieces, length);
    boolean doneOnLast = random.nextBoolean();
    Script script = new Script();
    for (int i = 0; i < pieces.size(); i++) {
      append(script, pieces.get(i), content, doneOnLast && i == pieces.size() - 1);
    }
    if (!doneOnLast) {
      script.none(1);
    }

    ByteBuffer dst = direct ? ByteBuffer.allocateDirect(length) : ByteBuffer.allocate(length);
    read(script.bytes(), dst);

    byte[] got = new byte[length];
    dst.get(0, got);
    assertThat(got).isEqualTo(content);
  }

  @Property
  void aMissingDoubleOrMisplacedChunkIsAViolation(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 500) int length,
      @ForAll @IntRange(min = 0, max = 2) int mistake) {
    Random random = new Random(seed);
    List<Piece> pieces = pieces(random, length);
    byte[] content = content(random, pieces, length);
    int victim = random.nextInt(pieces.size());
    Script script = new Script();
    for (int i = 0; i < pieces.size(); i++) {
      Piece piece = pieces.get(i);
      if (i != victim) {
        append(script, piece, content, false);
      } else if (mistake == 1) {
        append(script, piece, content, false);
        append(script, piece, content, false);
      } else if (mistake == 2) {
        script.hole(false, 1, OFFSET + piece.start() + 1, length);
      }
    }
    script.none(1);
    assertThatThrownBy(() -> read(script.bytes(), ByteBuffer.allocate(length)))
        .isInstanceOf(NbdProtocolException.class);
  }

  @Property
  void anErrorAnywhereFailsTheRequestAndLeavesNothingOnTheWire(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 500) int length) {
    Random random = new Random(seed);
    List<Piece> pieces = pieces(random, length);
    byte[] content = content(random, pieces, length);
    int errorAt = random.nextInt(pieces.size() + 1);
    int stopAt = errorAt + random.nextInt(pieces.size() + 1 - errorAt);
    Script script = new Script();
    for (int i = 0; i <= stopAt; i++) {
      if (i == errorAt) {
        script.errorAt(false, 1, 5, "broken", OFFSET + random.nextInt(length));
      }
      if (i < stopAt) {
        append(script, pieces.get(i), content, false);
      }
    }
    ScriptedWire wire = new ScriptedWire(script.none(1).bytes());
    Export export = new Export(1L << 41, 3, NbdBlockSizes.UNSTATED, true, Map.of());
    Transmission transmission = new Transmission(wire, export);
    assertThatThrownBy(() -> transmission.read(OFFSET, ByteBuffer.allocate(length)))
        .isInstanceOf(NbdRequestException.class)
        .hasMessageContaining("broken");
    assertThat(wire.unread()).isZero();
  }

  @Property
  void damagedRepliesNeverDoWorseThanAnNbdException(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 200) int length) {
    Random random = new Random(seed);
    List<Piece> pieces = pieces(random, length);
    byte[] content = content(random, pieces, length);
    Script script = new Script();
    pieces.forEach(piece -> append(script, piece, content, false));
    byte[] bytes = script.none(1).bytes();
    for (int i = 0; i < 1 + random.nextInt(4); i++) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    try {
      read(bytes, ByteBuffer.allocate(length));
    } catch (NbdException expected) {
      assertThat(expected).hasMessageMatching("(?s).+");
    }
  }
}
