package io.platen.nbd;

/**
 * What is known of a range from all contexts together. Without {@code base:allocation} nothing is a
 * hole or zero, which is always safe to believe.
 *
 * @param offset in bytes
 * @param length in bytes
 * @param hole no storage is allocated for it anywhere in the chain
 * @param zero it reads as zeroes; a hole without this has undefined contents
 * @param depth the layer it is allocated in, 1 for the top, 2 for its backing file, and so on; 0 if
 *     in none; {@link #UNKNOWN_DEPTH} if the server did not grant the context
 */
public record NbdExtent(long offset, long length, boolean hole, boolean zero, int depth)
    implements NbdRange<NbdExtent> {
  public static final int UNKNOWN_DEPTH = -1;

  @Override
  public boolean continuedBy(NbdExtent next) {
    return next.offset == end() && next.hole == hole && next.zero == zero && next.depth == depth;
  }

  @Override
  public NbdExtent joinedWith(NbdExtent next) {
    return new NbdExtent(offset, length + next.length, hole, zero, depth);
  }
}
