package io.platen.nbd;

import java.nio.ByteBuffer;

/**
 * The payload of an error chunk.
 *
 * @param error an errno value of the protocol, not 0
 * @param message the server's text, possibly empty
 */
record ErrorChunk(int error, String message) {
  private static final int FIXED_BYTES = 4 + 2;

  /** Receives the payload that {@code chunk} announced. */
  static ErrorChunk receive(Wire wire, Reply.Chunk chunk, Request request)
      throws NbdConnectionException {
    boolean withOffset = chunk.type() == Protocol.REPLY_ERROR_OFFSET;
    int fixed = withOffset ? FIXED_BYTES + 8 : FIXED_BYTES;
    if (chunk.length() < fixed || chunk.length() > Protocol.MAX_ERROR_PAYLOAD) {
      throw chunk.unexpected(request);
    }
    ByteBuffer payload = ByteBuffer.allocate((int) chunk.length());
    wire.receive(payload);
    payload.flip();
    int error = payload.getInt();
    int messageLength = Short.toUnsignedInt(payload.getShort());
    if (messageLength > chunk.length() - fixed) {
      throw new NbdProtocolException(
          "error message of " + messageLength + " bytes in a chunk of " + chunk.length());
    }
    if (error == 0) {
      throw new NbdProtocolException("error chunk with error 0");
    }
    if (withOffset) {
      long offset = payload.getLong(FIXED_BYTES + messageLength);
      if (offset < request.offset() || offset >= request.end()) {
        throw new NbdProtocolException(
            "error at offset " + Long.toUnsignedString(offset) + ", outside of " + request);
      }
    }
    String message = Text.printable(payload.slice(FIXED_BYTES, messageLength));
    return new ErrorChunk(error, message);
  }
}
