package io.platen.disk;

import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The first words with an NBD server, to learn that it is ready and what size it serves. Source:
 * "The NBD protocol", doc/proto.md of NetworkBlockDevice/nbd, fixed newstyle negotiation.
 *
 * <p>A connection alone says nothing: qemu-nbd listens before it opens the disk, and the kernel
 * completes connections to a listening socket.
 */
final class NbdGreeting {
  private static final long NBDMAGIC = 0x4e42444d41474943L;
  private static final long IHAVEOPT = 0x49484156454f5054L;
  private static final int FIXED_NEWSTYLE_NO_ZEROES = 3;
  private static final int OPT_EXPORT_NAME = 1;
  private static final int REQUEST_MAGIC = 0x25609513;
  private static final short CMD_DISC = 2;

  private NbdGreeting() {}

  /**
   * Waits until the server answers.
   *
   * @return the size of the export with the empty name, in bytes
   * @throws EOFException if the server ended
   * @throws IOException if it does not answer within the limit, or is no NBD server
   */
  static long exportSize(Path socket, Duration limit) throws IOException {
    long end = System.nanoTime() + limit.toNanos();
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        Selector selector = Selector.open()) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ);
      ByteBuffer greeting = read(channel, selector, 18, end);
      if (greeting.getLong() != NBDMAGIC || greeting.getLong() != IHAVEOPT) {
        throw new ProtocolException(socket + " is not the socket of an NBD server");
      }
      // These few bytes always fit the empty buffer of the socket.
      send(
          channel,
          ByteBuffer.allocate(20)
              .putInt(FIXED_NEWSTYLE_NO_ZEROES)
              .putLong(IHAVEOPT)
              .putInt(OPT_EXPORT_NAME)
              .putInt(0));
      long size = read(channel, selector, 10, end).getLong();
      send(
          channel,
          ByteBuffer.allocate(28).putInt(REQUEST_MAGIC).putShort(6, CMD_DISC).position(28));
      return size;
    }
  }

  private static ByteBuffer read(SocketChannel channel, Selector selector, int count, long end)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count);
    while (buffer.hasRemaining()) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new IOException("no answer in time");
      }
      selector.select(left);
      selector.selectedKeys().clear();
      if (Thread.currentThread().isInterrupted()) {
        throw new IOException("interrupted");
      }
      if (channel.read(buffer) < 0) {
        throw new EOFException("the server closed the connection");
      }
    }
    return buffer.flip();
  }

  private static void send(SocketChannel channel, ByteBuffer bytes) throws IOException {
    bytes.flip();
    channel.write(bytes);
    if (bytes.hasRemaining()) {
      throw new IOException("the server does not read");
    }
  }
}
