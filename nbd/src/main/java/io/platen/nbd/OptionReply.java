package io.platen.nbd;

import java.nio.ByteBuffer;

/**
 * One reply of a server during option haggling ("Fixed newstyle negotiation").
 *
 * @param type NBD_REP_...
 * @param data owned by the reply, from position 0; at most {@link Protocol#MAX_OPTION_REPLY} bytes
 */
record OptionReply(int type, ByteBuffer data) {
  private static final int HEADER_BYTES = 8 + 4 + 4 + 4;

  /** Receives the next reply, which must be one to {@code option}. */
  static OptionReply receive(Wire wire, int option) throws NbdConnectionException {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
    wire.receive(header);
    header.flip();
    long magic = header.getLong();
    if (magic != Protocol.OPTION_REPLY_MAGIC) {
      throw new NbdProtocolException("option reply magic 0x" + Long.toHexString(magic));
    }
    int repliedTo = header.getInt();
    if (repliedTo != option) {
      throw new NbdProtocolException(
          "reply to "
              + Protocol.optionName(repliedTo)
              + " when "
              + Protocol.optionName(option)
              + " was sent");
    }
    int type = header.getInt();
    long length = Integer.toUnsignedLong(header.getInt());
    if (length > Protocol.MAX_OPTION_REPLY) {
      throw new NbdProtocolException(Protocol.replyName(type) + " of " + length + " bytes");
    }
    ByteBuffer data = ByteBuffer.allocate((int) length);
    wire.receive(data);
    return new OptionReply(type, data.flip());
  }

  /** All error types have bit 31 set. */
  boolean refused() {
    return type < 0;
  }

  /** The exception for a refusal that ends the handshake. */
  NbdHandshakeException refusal(String wanted) {
    String text = Text.printable(data.duplicate());
    String name = Protocol.replyName(type);
    return new NbdHandshakeException(
        "NBD server refused " + wanted + " with " + name + (text.isEmpty() ? "" : ": " + text),
        name,
        text);
  }

  NbdProtocolException unexpected(int option) {
    return new NbdProtocolException(
        Protocol.replyName(type)
            + " of "
            + data.remaining()
            + " bytes in reply to "
            + Protocol.optionName(option));
  }
}
