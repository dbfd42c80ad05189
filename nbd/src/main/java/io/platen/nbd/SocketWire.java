package io.platen.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * A unix socket on which every wait has a deadline. The channel is non-blocking: a thread waits in
 * its own selector, which also lets {@link #close} from another thread end the wait at once.
 */
final class SocketWire implements Wire, Closeable {
  /**
   * The JDK copies to and from heap buffers through a direct buffer as large as the transfer, which
   * it keeps per thread; transfers from heap buffers are cut to this size to bound that. Unix
   * sockets carry about 208 KiB at a time, so nothing is lost.
   */
  private static final int HEAP_TRANSFER = 128 << 10;

  private static final String QUEUE_FULL = "Resource temporarily unavailable";
  private static final long FIRST_CONNECT_PAUSE_MILLIS = 5;
  private static final long LONGEST_CONNECT_PAUSE_MILLIS = 100;

  private final Path socket;
  private final Duration timeout;
  private final SocketChannel channel;
  private final Selector selector;
  private long deadline;
  private volatile boolean closed;

  private SocketWire(
      Path socket, Duration timeout, long deadline, SocketChannel channel, Selector selector) {
    this.socket = socket;
    this.timeout = timeout;
    this.deadline = deadline;
    this.channel = channel;
    this.selector = selector;
  }

  /** Connects within the time limit, which goes on to run for the handshake. */
  static SocketWire connect(Path socket, Duration timeout) throws NbdConnectionException {
    long deadline = System.nanoTime() + timeout.toNanos();
    try {
      Selector selector = Selector.open();
      try {
        SocketChannel channel = connect(socket, timeout, deadline, selector);
        return new SocketWire(socket, timeout, deadline, channel, selector);
      } catch (IOException | RuntimeException e) {
        selector.close();
        throw e;
      }
    } catch (NbdConnectionException e) {
      throw e;
    } catch (IOException e) {
      throw new NbdConnectionException(
          "can't connect to the NBD server at " + socket + ": " + e.getMessage(), e);
    }
  }

  private static SocketChannel connect(
      Path socket, Duration timeout, long deadline, Selector selector) throws IOException {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(socket);
    long pause = FIRST_CONNECT_PAUSE_MILLIS;
    while (true) {
      SocketChannel channel = attempt(address, selector);
      if (channel != null) {
        return channel;
      }
      // The queue of a server that does not accept is full. Linux offers nothing to wait on here.
      selector.select(Math.min(pause, millisLeft(deadline, "accept the connection", timeout)));
      checkInterrupt(socket);
      pause = Math.min(2 * pause, LONGEST_CONNECT_PAUSE_MILLIS);
    }
  }

  /** Null if the server's queue is full. */
  private static @Nullable SocketChannel attempt(UnixDomainSocketAddress address, Selector selector)
      throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.configureBlocking(false);
      if (!channel.connect(address)) {
        throw new IOException("a unix socket left its connection pending");
      }
      channel.register(selector, SelectionKey.OP_READ);
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      // EAGAIN, which the JDK gives no type of its own. In another language this fails at once.
      if (e instanceof SocketException && QUEUE_FULL.equals(e.getMessage())) {
        return null;
      }
      throw e;
    }
  }

  /**
   * Checks whose server it is, before anything that it says is believed: the user of the process
   * that listens on the socket, as the kernel noted it.
   */
  void requireServer(UserPrincipal user) throws NbdConnectionException {
    try {
      UserPrincipal found = channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
      if (!found.equals(user)) {
        throw new NbdConnectionException(
            "the NBD server at %s runs as %s instead of %s: somebody else listens there"
                .formatted(socket, found.getName(), user.getName()));
      }
    } catch (ClosedChannelException e) {
      throw closed(e);
    } catch (NbdConnectionException e) {
      throw e;
    } catch (IOException e) {
      throw broken(e);
    }
  }

  /** Gives the operation that starts now the full time limit. */
  void startDeadline() {
    deadline = System.nanoTime() + timeout.toNanos();
  }

  @Override
  public void receive(ByteBuffer dst) throws NbdConnectionException {
    try {
      int end = dst.limit();
      while (dst.position() < end) {
        dst.limit(transferEnd(dst, end));
        int n = channel.read(dst);
        dst.limit(end);
        if (n < 0) {
          throw new NbdConnectionException("the NBD server at " + socket + " hung up");
        }
        awaitIf(n == 0, SelectionKey.OP_READ, "send its answer");
      }
    } catch (ClosedChannelException | ClosedSelectorException | CancelledKeyException e) {
      throw closed(e);
    } catch (NbdConnectionException e) {
      throw e;
    } catch (IOException e) {
      throw broken(e);
    }
  }

  @Override
  public void send(ByteBuffer src) throws NbdConnectionException {
    try {
      while (src.hasRemaining()) {
        int n = channel.write(src);
        awaitIf(n == 0, SelectionKey.OP_WRITE, "take the request");
      }
    } catch (ClosedChannelException | ClosedSelectorException | CancelledKeyException e) {
      throw closed(e);
    } catch (NbdConnectionException e) {
      throw e;
    } catch (IOException e) {
      throw broken(e);
    }
  }

  private static int transferEnd(ByteBuffer buffer, int end) {
    return buffer.isDirect() ? end : Math.min(end, buffer.position() + HEAP_TRANSFER);
  }

  /** Checks the deadline in any case: a server that always has a byte more is held to it too. */
  private void awaitIf(boolean blocked, int operation, String waitedFor) throws IOException {
    long millis = millisLeft(deadline, waitedFor, timeout);
    if (blocked) {
      SelectionKey key = channel.keyFor(selector);
      if (key == null) {
        throw new ClosedChannelException();
      }
      key.interestOps(operation);
      selector.select(ready -> {}, millis);
    }
    checkUsable();
  }

  private static long millisLeft(long deadline, String waitedFor, Duration timeout)
      throws NbdTimeoutException {
    long nanos = deadline - System.nanoTime();
    if (nanos <= 0) {
      throw new NbdTimeoutException(waitedFor, timeout);
    }
    return nanos / 1_000_000 + 1;
  }

  private void checkUsable() throws NbdConnectionException {
    if (closed) {
      throw closed(new ClosedChannelException());
    }
    checkInterrupt(socket);
  }

  private static void checkInterrupt(Path socket) throws NbdConnectionException {
    // A selector does not wait in an interrupted thread: without this the wait becomes a spin.
    if (Thread.currentThread().isInterrupted()) {
      throw new NbdConnectionException("interrupted while waiting for the NBD server at " + socket);
    }
  }

  private NbdConnectionException closed(Exception cause) {
    return new NbdConnectionException("connection to " + socket + " is closed", cause);
  }

  private NbdConnectionException broken(IOException cause) {
    return new NbdConnectionException(
        "connection to " + socket + " broke: " + cause.getMessage(), cause);
  }

  /** Sends a farewell, if it can be sent without waiting. */
  void farewell(ByteBuffer message) {
    try {
      channel.write(message);
    } catch (IOException e) {
      // The server went first. The connection ends either way, and there is no more to be known.
      closed = true;
    }
  }

  /** Ends waits of other threads too. */
  @Override
  public void close() throws NbdConnectionException {
    closed = true;
    try (selector;
        channel) {
      selector.wakeup();
    } catch (IOException e) {
      throw broken(e);
    }
  }
}
