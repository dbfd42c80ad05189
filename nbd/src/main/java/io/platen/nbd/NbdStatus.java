package io.platen.nbd;

/**
 * What one metadata context says of a range.
 *
 * @param offset in bytes
 * @param length in bytes
 * @param flags 32 bits whose meaning the context defines
 */
public record NbdStatus(long offset, long length, int flags) implements NbdRange<NbdStatus> {
  @Override
  public boolean continuedBy(NbdStatus next) {
    return next.offset == end() && next.flags == flags;
  }

  @Override
  public NbdStatus joinedWith(NbdStatus next) {
    return new NbdStatus(offset, length + next.length, flags);
  }
}
