package io.platen.nbd;

import java.nio.ByteBuffer;

/**
 * A request message.
 *
 * @param flags NBD_CMD_FLAG_...
 * @param command NBD_CMD_...
 * @param handle comes back with every reply
 * @param offset in bytes
 * @param length in bytes, below 2^32
 */
record Request(int flags, int command, long handle, long offset, long length) {
  ByteBuffer encode() {
    return ByteBuffer.allocate(Protocol.REQUEST_BYTES)
        .putInt(Protocol.REQUEST_MAGIC)
        .putShort((short) flags)
        .putShort((short) command)
        .putLong(handle)
        .putLong(offset)
        .putInt((int) length)
        .flip();
  }

  long end() {
    return offset + length;
  }

  String name() {
    return command == Protocol.CMD_READ ? "read" : "block status";
  }

  /** What a server's error means: this request failed, or the server is going away. */
  NbdException failure(int error, String message) {
    if (error == Protocol.ESHUTDOWN) {
      // The protocol has the client leave then.
      return new NbdConnectionException(
          "NBD server is shutting down" + (message.isEmpty() ? "" : ": " + message));
    }
    return new NbdRequestException(name(), Protocol.errorName(error), offset, length, message);
  }
}
