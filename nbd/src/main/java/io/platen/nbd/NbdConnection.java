package io.platen.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A connection to one export of an NBD server on a unix socket, for reading. Offsets and lengths
 * are in bytes.
 *
 * <p>One thread uses a connection at a time; further ones wait. Work in parallel takes a connection
 * per thread. {@link #close} may come from any thread and ends a wait of another at once, with an
 * {@link NbdConnectionException} there. An interrupt does the same.
 *
 * <p>Errors: an {@link NbdRequestException} concerns one request and the connection still works.
 * After an {@link NbdConnectionException} (its subtypes are time limit and protocol violation) the
 * connection is dead and says so to all further calls.
 */
public final class NbdConnection implements Closeable {
  /**
   * Longest single read request. qemu-nbd 7.2 takes a buffer for each request. Once it has run a
   * while, glibc keeps buffers of 1 MiB for reuse, but 8 and 32 MiB ones were slow in nearly every
   * run: 8 to 24 s for 2 GiB against 1 to 2 s. (A fresh qemu-nbd is slow at 1 MiB too, a page fault
   * for each 4 KiB, unless its environment raises MALLOC_MMAP_THRESHOLD_ and
   * MALLOC_TRIM_THRESHOLD_.) It also makes the time limit one for an amount that is never large.
   */
  private static final int REQUEST_BYTES = 1 << 20;

  private final SocketWire wire;
  private final Export export;
  private final Transmission transmission;
  private final ReentrantLock inUse = new ReentrantLock();
  private volatile boolean closed;
  private volatile boolean dead;

  /** Why it is dead. */
  private volatile @Nullable Throwable death;

  /** One minimum block, for what is not aligned to it; made when first needed. */
  private @Nullable ByteBuffer block;

  private NbdConnection(SocketWire wire, Export export) {
    this.wire = wire;
    this.export = export;
    this.transmission = new Transmission(wire, export);
  }

  /**
   * Connects and negotiates within the options' time limit.
   *
   * @throws NbdHandshakeException if the server refuses, an unknown export for example
   * @throws NbdConnectionException if there is no server, it is another user's, or it does not
   *     speak the protocol
   */
  public static NbdConnection connect(Path socket, NbdOptions options) throws NbdException {
    SocketWire wire = SocketWire.connect(socket, options.timeout());
    try {
      if (options.server() != null) {
        wire.requireServer(options.server());
      }
      return new NbdConnection(wire, new Handshake(wire, options).negotiate());
    } catch (NbdHandshakeException e) {
      closeAfter(e, wire, Handshake.abort());
      throw e;
    } catch (NbdConnectionException | RuntimeException e) {
      closeAfter(e, wire, null);
      throw e;
    }
  }

  /** Closes what failed already; what goes wrong now is only noted there. */
  private static void closeAfter(Throwable failure, SocketWire wire, @Nullable ByteBuffer bye) {
    try (wire) {
      if (bye != null) {
        wire.farewell(bye);
      }
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** Size of the export in bytes. */
  public long size() {
    return export.size();
  }

  /** Whether the server refuses writes. */
  public boolean readOnly() {
    return (export.flags() & Protocol.TRANSMISSION_READ_ONLY) != 0;
  }

  /** Whether the server says that several connections see the same data at all times. */
  public boolean multiConnection() {
    return (export.flags() & Protocol.TRANSMISSION_MULTI_CONN) != 0;
  }

  public NbdBlockSizes blockSizes() {
    return export.blockSizes();
  }

  /** The metadata contexts that the server granted; empty if it has no structured replies. */
  public Set<NbdContext> contexts() {
    return Set.copyOf(export.contexts().values());
  }

  /** False once closed or dead. True promises nothing: the server may have gone since. */
  public boolean usable() {
    return !closed && !dead;
  }

  /**
   * Fills {@code dst} from its position to its limit with the export's bytes from {@code offset}
   * on. Any offset and length will do: long reads become several requests, and what is not aligned
   * to the server's minimum block size goes through a buffer of one block. Everything else goes
   * from the socket into a direct {@code dst} without a copy.
   *
   * <p>The buffer is used only during the call. On success its position is its limit; on failure
   * its position is unchanged and the bytes behind it are undefined.
   *
   * @throws NbdRequestException if the range is not within the export (without asking the server),
   *     or the server failed to read it
   */
  public void read(long offset, ByteBuffer dst) throws NbdException {
    if (dst.isReadOnly()) {
      throw new IllegalArgumentException("read-only buffer");
    }
    checkRange("read", offset, dst.remaining());
    ByteBuffer view = dst.slice();
    use(
        () -> {
          long at = offset;
          while (view.hasRemaining()) {
            wire.startDeadline();
            at += readSome(at, view);
          }
          return view;
        });
    dst.position(dst.limit());
  }

  /** One request's worth; returns how far it got and advances the view by as much. */
  private int readSome(long offset, ByteBuffer view) throws NbdException {
    int minimum = export.blockSizes().minimum();
    int skip = (int) (offset % minimum);
    int n;
    if (skip != 0 || view.remaining() < minimum) {
      n = Math.min(minimum - skip, view.remaining());
      view.put(view.position(), readBlock(offset - skip), skip, n);
    } else {
      int limit = Math.min(export.blockSizes().maximum(), REQUEST_BYTES);
      int most = Math.min(view.remaining(), limit);
      n = most - most % minimum;
      transmission.read(offset, view.slice(view.position(), n));
    }
    view.position(view.position() + n);
    return n;
  }

  private ByteBuffer readBlock(long offset) throws NbdException {
    ByteBuffer buffer = block;
    if (buffer == null) {
      buffer = ByteBuffer.allocateDirect(export.blockSizes().minimum());
      block = buffer;
    }
    transmission.read(offset, buffer.clear());
    return buffer;
  }

  /**
   * Asks once about a range, in all granted contexts. The answer may be about less: about at most 4
   * GiB, and as little as the server likes.
   *
   * @param offset a multiple of the minimum block size
   * @param length at least 1, a multiple of the minimum block size
   * @throws IllegalStateException if no context was granted
   */
  public NbdBlockStatus blockStatus(long offset, long length) throws NbdException {
    if (export.contexts().isEmpty()) {
      throw new IllegalStateException("the server granted no metadata context");
    }
    checkRange("block status", offset, length);
    int minimum = export.blockSizes().minimum();
    if (length == 0 || offset % minimum != 0 || length % minimum != 0) {
      throw new IllegalArgumentException(
          "block status of " + length + " bytes at " + offset + ": not multiples of " + minimum);
    }
    long asked = Math.min(length, Protocol.MAX_STATUS_LENGTH);
    return use(
        () -> {
          wire.startDeadline();
          return transmission.blockStatus(offset, asked);
        });
  }

  /**
   * All contexts seen together, over the whole export. Of an export without contexts it says that
   * all of it is data, which is safe.
   */
  public NbdCursor<NbdExtent> extents() {
    return extents(0, size());
  }

  /** The same over a part of the export, aligned to the minimum block size. */
  public NbdCursor<NbdExtent> extents(long offset, long length) {
    Objects.checkFromIndexSize(offset, length, size());
    return new NbdCursor<>(this::askExtents, offset, length);
  }

  private List<NbdExtent> askExtents(long offset, long length) throws NbdException {
    if (export.contexts().isEmpty()) {
      return List.of(new NbdExtent(offset, length, false, false, NbdExtent.UNKNOWN_DEPTH));
    }
    NbdBlockStatus status = blockStatus(offset, length);
    return use(status::extents);
  }

  /**
   * What one context says, over the whole export.
   *
   * @throws IllegalStateException if the context was not granted
   */
  public NbdCursor<NbdStatus> extents(NbdContext context) {
    return extents(context, 0, size());
  }

  /** The same over a part of the export, aligned to the minimum block size. */
  public NbdCursor<NbdStatus> extents(NbdContext context, long offset, long length) {
    Objects.checkFromIndexSize(offset, length, size());
    if (!export.contexts().containsValue(context)) {
      throw new IllegalStateException(
          "the server did not grant " + context.name() + ", only " + export.contexts().values());
    }
    return new NbdCursor<>(
        (from, bytes) -> blockStatus(from, bytes).statuses().getOrDefault(context, List.of()),
        offset,
        length);
  }

  private void checkRange(String request, long offset, long length) throws NbdRequestException {
    if (offset < 0 || length < 0) {
      throw new IllegalArgumentException(request + " of " + length + " bytes at " + offset);
    }
    if (length > size() - offset) {
      throw new NbdRequestException(
          request, "EINVAL", offset, length, "beyond the end of the export, " + size() + " bytes");
    }
  }

  private interface Work<T> {
    T run() throws NbdException;
  }

  /** Runs one operation; whatever it leaves half done takes the connection down with it. */
  private <T> T use(Work<T> work) throws NbdException {
    inUse.lock();
    try {
      checkUsable();
      return work.run();
    } catch (NbdRequestException e) {
      throw e;
    } catch (NbdException | RuntimeException | Error e) {
      if (!closed && !dead) {
        death = e;
        dead = true;
      }
      closeAfter(e, wire, null);
      throw e;
    } finally {
      inUse.unlock();
    }
  }

  private void checkUsable() throws NbdConnectionException {
    if (closed) {
      throw new NbdConnectionException("this NBD connection was closed");
    }
    if (dead) {
      Throwable reason = death;
      throw new NbdConnectionException(
          "this NBD connection is dead since an earlier failure"
              + (reason == null ? "" : ": " + reason.getMessage()),
          reason);
    }
  }

  /**
   * Takes leave of the server (NBD_CMD_DISC, if no request is under way) and closes the socket,
   * without waiting for anyone. Closing again does nothing.
   */
  @Override
  public void close() throws NbdConnectionException {
    if (closed) {
      return;
    }
    closed = true;
    // In the middle of a request there is no leave to take; the server sees the socket close.
    boolean idle = inUse.tryLock();
    try (wire) {
      if (idle && !dead) {
        wire.farewell(Transmission.disconnect());
      }
    } finally {
      if (idle) {
        inUse.unlock();
      }
    }
  }
}
