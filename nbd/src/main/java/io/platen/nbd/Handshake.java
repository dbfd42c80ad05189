package io.platen.nbd;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The fixed newstyle handshake, ending in transmission through NBD_OPT_GO. */
final class Handshake {
  private static final int GREETING_BYTES = 8 + 8 + 2;
  private static final int OPTION_HEADER_BYTES = 8 + 4 + 4;
  private static final int INFO_EXPORT_BYTES = 2 + 8 + 2;
  private static final int INFO_BLOCK_SIZE_BYTES = 2 + 4 + 4 + 4;

  private final Wire wire;
  private final NbdOptions options;

  Handshake(Wire wire, NbdOptions options) {
    this.wire = wire;
    this.options = options;
  }

  /**
   * Runs the whole handshake.
   *
   * @throws NbdHandshakeException if the server will not have it; the caller should say goodbye
   *     with {@link #abort()}
   */
  Export negotiate() throws NbdConnectionException, NbdHandshakeException {
    greet();
    boolean structured = askForStructuredReplies();
    Map<Integer, NbdContext> contexts = structured ? askForContexts() : Map.of();
    return go(structured, contexts);
  }

  /** NBD_OPT_ABORT: how a client leaves during option haggling. */
  static ByteBuffer abort() {
    return option(Protocol.OPT_ABORT, 0).flip();
  }

  private void greet() throws NbdConnectionException, NbdHandshakeException {
    ByteBuffer greeting = ByteBuffer.allocate(GREETING_BYTES);
    // Other servers may send less than a newstyle greeting and then wait.
    wire.receive(greeting.limit(8));
    long magic = greeting.getLong(0);
    if (magic != Protocol.INIT_MAGIC) {
      throw new NbdProtocolException("greeting 0x" + Long.toHexString(magic) + ", not NBDMAGIC");
    }
    wire.receive(greeting.limit(16));
    long style = greeting.getLong(8);
    if (style == Protocol.OLDSTYLE_MAGIC) {
      throw new NbdHandshakeException("NBD server speaks only the oldstyle handshake");
    }
    if (style != Protocol.OPTION_MAGIC) {
      throw new NbdProtocolException("greeting 0x" + Long.toHexString(style) + ", not IHAVEOPT");
    }
    wire.receive(greeting.limit(GREETING_BYTES));
    int flags = greeting.getShort(16);
    if ((flags & Protocol.FLAG_FIXED_NEWSTYLE) == 0) {
      throw new NbdHandshakeException("NBD server does not speak the fixed newstyle handshake");
    }
    int answer = flags & (Protocol.FLAG_FIXED_NEWSTYLE | Protocol.FLAG_NO_ZEROES);
    wire.send(ByteBuffer.allocate(4).putInt(answer).flip());
  }

  private boolean askForStructuredReplies() throws NbdConnectionException, NbdHandshakeException {
    int option = Protocol.OPT_STRUCTURED_REPLY;
    wire.send(option(option, 0).flip());
    OptionReply reply = receive(option);
    if (reply.refused()) {
      return false;
    }
    requireAck(reply, option);
    return true;
  }

  private Map<Integer, NbdContext> askForContexts()
      throws NbdConnectionException, NbdHandshakeException {
    if (options.contexts().isEmpty()) {
      return Map.of();
    }
    int option = Protocol.OPT_SET_META_CONTEXT;
    wire.send(contextQuery());
    Map<Integer, NbdContext> granted = new HashMap<>();
    for (int i = 0; i < Protocol.MAX_OPTION_REPLIES; i++) {
      OptionReply reply = receive(option);
      if (reply.refused()) {
        // The answer to NBD_OPT_GO says why, if it is the export; a server may also just know no
        // contexts.
        return Map.of();
      }
      if (reply.type() != Protocol.REP_META_CONTEXT) {
        requireAck(reply, option);
        return granted;
      }
      grant(reply, granted);
    }
    throw tooManyReplies(option);
  }

  private void grant(OptionReply reply, Map<Integer, NbdContext> granted)
      throws NbdProtocolException {
    ByteBuffer data = reply.data();
    if (data.remaining() < 4) {
      throw reply.unexpected(Protocol.OPT_SET_META_CONTEXT);
    }
    int id = data.getInt();
    String name = Text.decode(data.duplicate());
    NbdContext context = wanted(name);
    if (context == null) {
      throw new NbdProtocolException(
          "metadata context " + Text.printable(data) + ", which was not asked for");
    }
    if (granted.containsValue(context) || granted.putIfAbsent(id, context) != null) {
      throw new NbdProtocolException("metadata context " + name + ", id " + id + ", twice");
    }
  }

  private @Nullable NbdContext wanted(String name) {
    for (NbdContext context : options.contexts()) {
      if (context.name().equals(name)) {
        return context;
      }
    }
    return null;
  }

  private ByteBuffer contextQuery() {
    byte[] export = exportName();
    List<byte[]> queries = options.contexts().stream().map(NbdContext::bytes).toList();
    int length = 4 + export.length + 4 + queries.stream().mapToInt(q -> 4 + q.length).sum();
    ByteBuffer query = option(Protocol.OPT_SET_META_CONTEXT, length);
    query.putInt(export.length).put(export).putInt(queries.size());
    queries.forEach(q -> query.putInt(q.length).put(q));
    return query.flip();
  }

  private Export go(boolean structured, Map<Integer, NbdContext> contexts)
      throws NbdConnectionException, NbdHandshakeException {
    int option = Protocol.OPT_GO;
    wire.send(goRequest());
    @Nullable ExportInfo export = null;
    @Nullable NbdBlockSizes sizes = null;
    for (int i = 0; i < Protocol.MAX_OPTION_REPLIES; i++) {
      OptionReply reply = receive(option);
      if (reply.refused()) {
        throw reply.refusal("export \"" + options.exportName() + "\"");
      }
      if (reply.type() != Protocol.REP_INFO) {
        requireAck(reply, option);
        return settle(export, sizes, structured, contexts);
      }
      ByteBuffer data = reply.data();
      int info = data.remaining() < 2 ? -1 : Short.toUnsignedInt(data.getShort());
      if (info == Protocol.INFO_EXPORT && export == null) {
        export = exportInfo(reply);
      } else if (info == Protocol.INFO_BLOCK_SIZE && sizes == null) {
        sizes = blockSizes(reply);
      } else if (info < 0 || info == Protocol.INFO_EXPORT || info == Protocol.INFO_BLOCK_SIZE) {
        throw reply.unexpected(option);
      }
      // Other kinds of information may come unasked and mean nothing here.
    }
    throw tooManyReplies(option);
  }

  private record ExportInfo(long size, int flags) {}

  private static ExportInfo exportInfo(OptionReply reply) throws NbdProtocolException {
    ByteBuffer data = reply.data();
    if (data.limit() != INFO_EXPORT_BYTES) {
      throw new NbdProtocolException("NBD_INFO_EXPORT of " + data.limit() + " bytes");
    }
    long size = data.getLong();
    int flags = Short.toUnsignedInt(data.getShort());
    if (size < 0) {
      throw new NbdProtocolException("export size " + Long.toUnsignedString(size));
    }
    if ((flags & Protocol.TRANSMISSION_HAS_FLAGS) == 0) {
      throw new NbdProtocolException("transmission flags 0x" + Integer.toHexString(flags));
    }
    return new ExportInfo(size, flags);
  }

  private static NbdBlockSizes blockSizes(OptionReply reply) throws NbdProtocolException {
    ByteBuffer data = reply.data();
    if (data.limit() != INFO_BLOCK_SIZE_BYTES) {
      throw new NbdProtocolException("NBD_INFO_BLOCK_SIZE of " + data.limit() + " bytes");
    }
    return NbdBlockSizes.stated(
        Integer.toUnsignedLong(data.getInt()),
        Integer.toUnsignedLong(data.getInt()),
        Integer.toUnsignedLong(data.getInt()));
  }

  private static Export settle(
      @Nullable ExportInfo info,
      @Nullable NbdBlockSizes stated,
      boolean structured,
      Map<Integer, NbdContext> contexts)
      throws NbdProtocolException, NbdHandshakeException {
    if (info == null) {
      throw new NbdProtocolException("NBD_OPT_GO acknowledged without NBD_INFO_EXPORT");
    }
    NbdBlockSizes sizes = stated == null ? NbdBlockSizes.UNSTATED : stated;
    if (info.size() % sizes.minimum() != 0) {
      // No request could reach the last bytes, and a copy without them would be wrong.
      throw new NbdHandshakeException(
          "NBD export of "
              + info.size()
              + " bytes can't be read to its end: its minimum block size is "
              + sizes.minimum());
    }
    return new Export(info.size(), info.flags(), sizes, structured, contexts);
  }

  private ByteBuffer goRequest() {
    byte[] name = exportName();
    ByteBuffer request = option(Protocol.OPT_GO, 4 + name.length + 2 + 2 * 2);
    request.putInt(name.length).put(name).putShort((short) 2);
    request.putShort((short) Protocol.INFO_EXPORT).putShort((short) Protocol.INFO_BLOCK_SIZE);
    return request.flip();
  }

  private byte[] exportName() {
    return options.exportName().getBytes(StandardCharsets.UTF_8);
  }

  private static ByteBuffer option(int option, int length) {
    return ByteBuffer.allocate(OPTION_HEADER_BYTES + length)
        .putLong(Protocol.OPTION_MAGIC)
        .putInt(option)
        .putInt(length);
  }

  private OptionReply receive(int option) throws NbdConnectionException, NbdHandshakeException {
    OptionReply reply = OptionReply.receive(wire, option);
    if (reply.type() == Protocol.REP_ERR_TLS_REQD || reply.type() == Protocol.REP_ERR_SHUTDOWN) {
      // Whatever was asked, nothing else will be granted either.
      throw reply.refusal(Protocol.optionName(option));
    }
    return reply;
  }

  private static void requireAck(OptionReply reply, int option) throws NbdProtocolException {
    if (reply.type() != Protocol.REP_ACK || reply.data().hasRemaining()) {
      throw reply.unexpected(option);
    }
  }

  private static NbdProtocolException tooManyReplies(int option) {
    return new NbdProtocolException(
        "more than " + Protocol.MAX_OPTION_REPLIES + " replies to " + Protocol.optionName(option));
  }
}
