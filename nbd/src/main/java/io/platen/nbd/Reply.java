package io.platen.nbd;

import java.nio.ByteBuffer;

/** The fixed part of what a server sends in answer to a request. */
sealed interface Reply {
  /** The handle of the request it answers. */
  long handle();

  /**
   * A simple reply.
   *
   * @param error 0 for success, then followed by the data if the request was a read
   */
  record Simple(int error, long handle) implements Reply {}

  /**
   * A chunk of a structured reply.
   *
   * @param length of the payload that follows, in bytes
   */
  record Chunk(int flags, int type, long handle, long length) implements Reply {
    boolean done() {
      return (flags & Protocol.REPLY_FLAG_DONE) != 0;
    }

    boolean error() {
      return (type & Protocol.REPLY_ERROR_BIT) != 0;
    }

    NbdProtocolException unexpected(Request request) {
      return new NbdProtocolException(
          "chunk of type "
              + type
              + ", flags "
              + flags
              + ", "
              + length
              + " bytes in reply to a "
              + request.name()
              + " request");
    }
  }

  /** Receives the fixed part of the next reply, which must be one to {@code request}. */
  static Reply receive(Wire wire, Request request) throws NbdConnectionException {
    ByteBuffer header = ByteBuffer.allocate(Protocol.STRUCTURED_REPLY_BYTES);
    // Only the magic says how long the header is; a simple reply is the shorter one.
    wire.receive(header.limit(Protocol.SIMPLE_REPLY_BYTES));
    Reply reply =
        switch (header.getInt(0)) {
          case Protocol.SIMPLE_REPLY_MAGIC -> new Simple(header.getInt(4), header.getLong(8));
          case Protocol.STRUCTURED_REPLY_MAGIC -> {
            wire.receive(header.limit(Protocol.STRUCTURED_REPLY_BYTES));
            yield new Chunk(
                Short.toUnsignedInt(header.getShort(4)),
                Short.toUnsignedInt(header.getShort(6)),
                header.getLong(8),
                Integer.toUnsignedLong(header.getInt(16)));
          }
          default ->
              throw new NbdProtocolException(
                  "reply magic 0x" + Integer.toHexString(header.getInt(0)));
        };
    if (reply.handle() != request.handle()) {
      throw new NbdProtocolException(
          "reply to handle " + reply.handle() + " when only " + request.handle() + " is open");
    }
    return reply;
  }
}
