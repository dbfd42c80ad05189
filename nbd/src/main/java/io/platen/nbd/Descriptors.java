package io.platen.nbd;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects the descriptors of one block status chunk as they arrive: checks each, merges equal
 * neighbours, cuts the last to the range asked about, and keeps a bounded number.
 */
final class Descriptors {
  static final int BYTES = 4 + 4;

  private final Request request;
  private final int alignment;
  private final List<NbdStatus> kept = new ArrayList<>();
  private @Nullable NbdStatus open;
  private long position;
  private boolean full;

  /**
   * @param alignment the minimum block size, which every descriptor must be a multiple of
   */
  Descriptors(Request request, int alignment) {
    this.request = request;
    this.alignment = alignment;
    position = request.offset();
  }

  /** Takes the descriptors between position and limit, a whole number of them. */
  void take(ByteBuffer descriptors) throws NbdProtocolException {
    while (descriptors.hasRemaining()) {
      long length = Integer.toUnsignedLong(descriptors.getInt());
      take(length, descriptors.getInt());
    }
  }

  private void take(long length, int flags) throws NbdProtocolException {
    if (length == 0 || length % alignment != 0) {
      throw new NbdProtocolException(
          "block status descriptor of " + length + " bytes at offset " + position);
    }
    if (position >= request.end()) {
      // Only the last may reach beyond the range asked about.
      throw new NbdProtocolException(
          "block status descriptor behind the end of the request, at offset " + position);
    }
    NbdStatus next = new NbdStatus(position, Math.min(length, request.end() - position), flags);
    position += length;
    if (full) {
      return;
    }
    if (open == null) {
      open = next;
    } else if (open.continuedBy(next)) {
      open = open.joinedWith(next);
    } else {
      kept.add(open);
      open = next;
      full = kept.size() == Protocol.MAX_KEPT_DESCRIPTORS;
    }
  }

  /** What was collected: ranges that follow each other from the start of the request on. */
  List<NbdStatus> ranges() {
    List<NbdStatus> ranges = new ArrayList<>(kept);
    if (open != null && !full) {
      ranges.add(open);
    }
    return List.copyOf(ranges);
  }
}
