package io.platen.nbd;

/**
 * Block sizes of an export, in bytes.
 *
 * @param minimum every request must be aligned to it; a power of two up to 64 KiB
 * @param preferred requests aligned to it are efficient
 * @param maximum the most payload in one request, as this client uses it: what the server stated,
 *     but at most 32 MiB, and a multiple of {@code minimum}
 */
public record NbdBlockSizes(int minimum, long preferred, int maximum) {
  /**
   * What a client assumes when the server states nothing (NBD protocol, "Block size constraints").
   */
  static final NbdBlockSizes UNSTATED = new NbdBlockSizes(1, 4096, Protocol.MAX_PAYLOAD);

  /** From the three unsigned 32-bit fields of NBD_INFO_BLOCK_SIZE. */
  static NbdBlockSizes stated(long minimum, long preferred, long maximum)
      throws NbdProtocolException {
    if (Long.bitCount(minimum) != 1 || minimum > Protocol.MAX_MINIMUM_BLOCK) {
      throw new NbdProtocolException("minimum block size " + minimum);
    }
    if (preferred < minimum || maximum < minimum) {
      throw new NbdProtocolException(
          "block sizes "
              + minimum
              + " minimum, "
              + preferred
              + " preferred, "
              + maximum
              + " maximum");
    }
    long usable = Math.min(maximum, Protocol.MAX_PAYLOAD);
    return new NbdBlockSizes((int) minimum, preferred, (int) (usable - usable % minimum));
  }
}
