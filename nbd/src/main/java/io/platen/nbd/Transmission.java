package io.platen.nbd;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The transmission phase, one request at a time. The caller keeps requests within the export and
 * its block sizes.
 */
final class Transmission {
  /** Multiple of a descriptor; a chunk of block status passes through in slices of this. */
  private static final int SCRATCH_BYTES = 32 << 10;

  private final Wire wire;
  private final Export export;
  private final ByteBuffer scratch = ByteBuffer.allocateDirect(SCRATCH_BYTES);
  private long handles;

  Transmission(Wire wire, Export export) {
    this.wire = wire;
    this.export = export;
  }

  /** NBD_CMD_DISC, after which nothing more may be sent. */
  static ByteBuffer disconnect() {
    return new Request(0, Protocol.CMD_DISC, 0, 0, 0).encode();
  }

  /**
   * Fills {@code dst} from its position to its limit. After a failure its contents are undefined.
   *
   * <p>Asks for the data in one piece (NBD_CMD_FLAG_DF) where the server can: qemu-nbd 7.2 answers
   * a failing read with the error then, but hangs up if it may send pieces. Holes come as data that
   * way; who cares for holes knows them from block status and does not read them.
   */
  void read(long offset, ByteBuffer dst) throws NbdConnectionException, NbdRequestException {
    if (!export.structuredReplies()) {
      simple(send(0, Protocol.CMD_READ, offset, dst.remaining()), dst);
    } else if (!export.canSendInOnePiece() || !structuredRead(Protocol.CMD_FLAG_DF, offset, dst)) {
      structuredRead(0, offset, dst);
    }
  }

  /** False if this is more than the server sends in one piece, and that was asked for. */
  private boolean structuredRead(int flags, long offset, ByteBuffer dst)
      throws NbdConnectionException, NbdRequestException {
    Request request = send(flags, Protocol.CMD_READ, offset, dst.remaining());
    Coverage coverage = new Coverage(offset, request.end());
    ErrorChunk failure = structured(request, chunk -> content(chunk, request, coverage, dst));
    if (failure == null) {
      coverage.requireComplete();
      return true;
    }
    if (flags == Protocol.CMD_FLAG_DF && failure.error() == Protocol.EOVERFLOW) {
      return false;
    }
    throwFailure(request, failure.error(), failure.message());
    return false;
  }

  /** One block status request. At least one context must be granted. */
  NbdBlockStatus blockStatus(long offset, long length)
      throws NbdConnectionException, NbdRequestException {
    Request request = send(0, Protocol.CMD_BLOCK_STATUS, offset, length);
    Map<NbdContext, List<NbdStatus>> statuses = new HashMap<>();
    ErrorChunk failure = structured(request, chunk -> status(chunk, request, statuses));
    if (failure != null) {
      throwFailure(request, failure.error(), failure.message());
    }
    if (statuses.size() != export.contexts().size()) {
      throw new NbdProtocolException(
          "block status of " + statuses.keySet() + " when " + export.contexts() + " are granted");
    }
    return new NbdBlockStatus(offset, length, statuses);
  }

  private Request send(int flags, int command, long offset, long length)
      throws NbdConnectionException {
    Request request = new Request(flags, command, ++handles, offset, length);
    wire.send(request.encode());
    return request;
  }

  private void simple(Request request, ByteBuffer dst)
      throws NbdConnectionException, NbdRequestException {
    switch (Reply.receive(wire, request)) {
      case Reply.Chunk chunk -> throw chunk.unexpected(request);
      case Reply.Simple reply -> {
        if (reply.error() != 0) {
          throwFailure(request, reply.error(), "");
        }
        wire.receive(dst);
      }
    }
  }

  /** What to do with a chunk that is neither an error nor empty. */
  private interface Content {
    void receive(Reply.Chunk chunk) throws NbdConnectionException;
  }

  /** Takes a whole structured reply off the wire; returns what went wrong, null if nothing did. */
  private @Nullable ErrorChunk structured(Request request, Content content)
      throws NbdConnectionException, NbdRequestException {
    @Nullable ErrorChunk failure = null;
    boolean done = false;
    while (!done) {
      Reply.Chunk chunk = receiveChunk(request);
      done = chunk.done();
      if (chunk.error()) {
        // More may follow, and must be taken off the wire, but the first is what went wrong.
        ErrorChunk error = ErrorChunk.receive(wire, chunk, request);
        failure = failure == null ? error : failure;
      } else if (chunk.type() != Protocol.REPLY_NONE) {
        content.receive(chunk);
      } else if (chunk.length() != 0 || !done) {
        throw chunk.unexpected(request);
      }
    }
    return failure;
  }

  private Reply.Chunk receiveChunk(Request request)
      throws NbdConnectionException, NbdRequestException {
    return switch (Reply.receive(wire, request)) {
      case Reply.Chunk chunk -> chunk;
      case Reply.Simple reply -> {
        // Allowed only for what has no payload: an error in answer to anything but a read.
        if (reply.error() != 0 && request.command() != Protocol.CMD_READ) {
          throwFailure(request, reply.error(), "");
        }
        throw new NbdProtocolException("simple reply to a " + request.name() + " request");
      }
    };
  }

  private static void throwFailure(Request request, int error, String message)
      throws NbdConnectionException, NbdRequestException {
    switch (request.failure(error, message)) {
      case NbdConnectionException e -> throw e;
      case NbdRequestException e -> throw e;
      case NbdHandshakeException e -> throw new AssertionError(e);
    }
  }

  private void content(Reply.Chunk chunk, Request request, Coverage coverage, ByteBuffer dst)
      throws NbdConnectionException {
    boolean data = chunk.type() == Protocol.REPLY_OFFSET_DATA && chunk.length() > 8;
    boolean hole = chunk.type() == Protocol.REPLY_OFFSET_HOLE && chunk.length() == 12;
    if (!data && !hole) {
      throw chunk.unexpected(request);
    }
    ByteBuffer fixed = receiveScratch(hole ? 12 : 8);
    long offset = fixed.getLong();
    long length = hole ? Integer.toUnsignedLong(fixed.getInt()) : chunk.length() - 8;
    coverage.add(offset, length);
    // Within dst, whose size is the request's: coverage just checked that.
    int at = dst.position() + (int) (offset - request.offset());
    ByteBuffer target = dst.slice(at, (int) length);
    if (hole) {
      MemorySegment.ofBuffer(target).fill((byte) 0);
    } else {
      wire.receive(target);
    }
  }

  private void status(Reply.Chunk chunk, Request request, Map<NbdContext, List<NbdStatus>> statuses)
      throws NbdConnectionException {
    long bytes = chunk.length() - 4;
    if (chunk.type() != Protocol.REPLY_BLOCK_STATUS
        || bytes < Descriptors.BYTES
        || bytes % Descriptors.BYTES != 0
        || bytes > (long) Protocol.MAX_DESCRIPTORS * Descriptors.BYTES) {
      throw chunk.unexpected(request);
    }
    int id = receiveScratch(4).getInt();
    NbdContext context = export.contexts().get(id);
    if (context == null || statuses.containsKey(context)) {
      throw new NbdProtocolException(
          "block status for context id "
              + Integer.toUnsignedString(id)
              + (context == null ? ", which was not granted" : ", twice"));
    }
    Descriptors descriptors = new Descriptors(request, export.blockSizes().minimum());
    for (long left = bytes; left > 0; left -= SCRATCH_BYTES) {
      descriptors.take(receiveScratch((int) Math.min(left, SCRATCH_BYTES)));
    }
    statuses.put(context, descriptors.ranges());
  }

  private ByteBuffer receiveScratch(int bytes) throws NbdConnectionException {
    scratch.clear().limit(bytes);
    wire.receive(scratch);
    return scratch.flip();
  }
}
