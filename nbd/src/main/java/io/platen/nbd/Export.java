package io.platen.nbd;

import java.util.Map;

/**
 * What the handshake settled.
 *
 * @param size in bytes, a multiple of the minimum block size
 * @param flags the transmission flags
 * @param structuredReplies whether the server answers in chunks
 * @param contexts the granted metadata contexts by the id the server gave them
 */
record Export(
    long size,
    int flags,
    NbdBlockSizes blockSizes,
    boolean structuredReplies,
    Map<Integer, NbdContext> contexts) {

  Export {
    contexts = Map.copyOf(contexts);
  }

  /** Whether reads may ask for their data in one piece. */
  boolean canSendInOnePiece() {
    return (flags & Protocol.TRANSMISSION_SEND_DF) != 0;
  }
}
