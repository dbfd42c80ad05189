package io.platen.nbd;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer to one block status request.
 *
 * @param offset start of the range asked about, in bytes
 * @param length of the range asked about, in bytes
 * @param statuses for each granted context consecutive ranges from {@code offset} on, equal
 *     neighbours merged, at least one, none beyond the range asked about. A server may tell of less
 *     than was asked, and of a different amount for each context
 */
public record NbdBlockStatus(long offset, long length, Map<NbdContext, List<NbdStatus>> statuses) {

  public NbdBlockStatus {
    statuses = Map.copyOf(statuses);
  }

  /**
   * All contexts seen together, as far as every one of them reaches: at least one extent. With no
   * contexts it is one extent of data at unknown depth.
   *
   * @throws NbdProtocolException for a depth beyond 2^31 - 1
   */
  public List<NbdExtent> extents() throws NbdProtocolException {
    Walk allocation = new Walk(statuses.get(NbdContext.BASE_ALLOCATION));
    Walk depth = new Walk(statuses.get(NbdContext.ALLOCATION_DEPTH));
    List<NbdExtent> extents = new ArrayList<>();
    long position = offset;
    while (!allocation.exhausted() && !depth.exhausted() && position < offset + length) {
      long end = Math.min(Math.min(allocation.end(), depth.end()), offset + length);
      int flags = allocation.flags(0);
      extents.add(
          new NbdExtent(
              position,
              end - position,
              (flags & Protocol.STATE_HOLE) != 0,
              (flags & Protocol.STATE_ZERO) != 0,
              checkedDepth(depth.flags(NbdExtent.UNKNOWN_DEPTH), depth.known())));
      allocation.advanceTo(end);
      depth.advanceTo(end);
      position = end;
    }
    return extents;
  }

  private static int checkedDepth(int depth, boolean known) throws NbdProtocolException {
    if (known && depth < 0) {
      throw new NbdProtocolException("allocation depth " + Integer.toUnsignedString(depth));
    }
    return depth;
  }

  /** A walk along one context's ranges; along nothing, without end, for a context not granted. */
  private static final class Walk {
    private final @Nullable List<NbdStatus> ranges;
    private int index;

    Walk(@Nullable List<NbdStatus> ranges) {
      this.ranges = ranges;
    }

    boolean known() {
      return ranges != null;
    }

    boolean exhausted() {
      return ranges != null && index == ranges.size();
    }

    long end() {
      return ranges == null ? Long.MAX_VALUE : ranges.get(index).end();
    }

    int flags(int ifUnknown) {
      return ranges == null ? ifUnknown : ranges.get(index).flags();
    }

    void advanceTo(long position) {
      if (ranges != null && end() == position) {
        index++;
      }
    }
  }
}
