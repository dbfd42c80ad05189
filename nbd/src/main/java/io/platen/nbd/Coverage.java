package io.platen.nbd;

import java.util.Map;
import java.util.TreeMap;

/**
 * Which part of a read's range the chunks received so far cover. Chunks may come in any order, but
 * only once each.
 */
final class Coverage {
  private final long start;
  private final long end;

  /** Start to end of what is covered; pieces that touch are one. */
  private final TreeMap<Long, Long> pieces = new TreeMap<>();

  Coverage(long start, long end) {
    this.start = start;
    this.end = end;
  }

  /** Adds a range, given as the server sent it. */
  void add(long offset, long length) throws NbdProtocolException {
    // No sum that could overflow before the bounds are known to hold.
    if (offset < start || offset > end || length <= 0 || length > end - offset) {
      throw new NbdProtocolException(
          "content of "
              + length
              + " bytes at offset "
              + Long.toUnsignedString(offset)
              + " for a read of "
              + start
              + " to "
              + end);
    }
    long pieceStart = offset;
    long pieceEnd = offset + length;
    Map.Entry<Long, Long> before = pieces.lowerEntry(pieceEnd);
    if (before != null && before.getValue() > offset) {
      throw new NbdProtocolException(
          "content of " + length + " bytes at offset " + offset + ", part of which came before");
    }
    if (before != null && before.getValue() == offset) {
      pieceStart = before.getKey();
    }
    Long after = pieces.remove(pieceEnd);
    if (after != null) {
      pieceEnd = after;
    }
    pieces.put(pieceStart, pieceEnd);
    if (pieces.size() > Protocol.MAX_FRAGMENTS) {
      throw new NbdProtocolException("a read in more than " + Protocol.MAX_FRAGMENTS + " pieces");
    }
  }

  /** Refuses a reply that claims success with parts missing. */
  void requireComplete() throws NbdProtocolException {
    Long firstEnd = pieces.get(start);
    if (firstEnd == null || firstEnd != end) {
      throw new NbdProtocolException(
          "end of the reply to a read of "
              + start
              + " to "
              + end
              + " without content at "
              + (firstEnd == null ? start : firstEnd));
    }
  }
}
