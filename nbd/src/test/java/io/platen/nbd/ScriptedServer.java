package io.platen.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A server on a real unix socket that sends a script to its only client, then either hangs up at
 * the first request or stays silent until the client goes.
 */
final class ScriptedServer implements Closeable {
  /** How the script is sent, and what comes after. */
  enum Manner {
    THEN_SILENCE,
    THEN_HANG_UP,
    BYTE_BY_BYTE
  }

  private final Path directory;
  private final ServerSocketChannel listener;
  private final CompletableFuture<byte[]> heard = new CompletableFuture<>();

  ScriptedServer(Script script, Manner manner) throws IOException {
    directory = Files.createTempDirectory("nbd");
    listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listener.bind(UnixDomainSocketAddress.of(socket()));
    byte[] bytes = script.bytes();
    Thread.ofVirtual().start(() -> serve(bytes, manner));
  }

  ScriptedServer(Script script) throws IOException {
    this(script, Manner.THEN_SILENCE);
  }

  Path socket() {
    return directory.resolve("s");
  }

  NbdConnection connect() throws NbdException {
    return NbdConnection.connect(socket(), NbdOptions.defaults());
  }

  /** All that the client sent until it went. */
  byte[] heard() throws Exception {
    return heard.get(20, TimeUnit.SECONDS);
  }

  private void serve(byte[] bytes, Manner manner) {
    try (SocketChannel client = listener.accept()) {
      int step = manner == Manner.BYTE_BY_BYTE ? 1 : Math.max(1, bytes.length);
      for (int i = 0; i < bytes.length; i += step) {
        send(client, ByteBuffer.wrap(bytes, i, Math.min(step, bytes.length - i)));
      }
      heard.complete(drain(client, manner == Manner.THEN_HANG_UP));
    } catch (IOException e) {
      // The client may be the one to hang up in the middle of the script, or the test to end.
      heard.completeExceptionally(new UncheckedIOException(e));
    }
  }

  private static void send(SocketChannel client, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      client.write(bytes);
    }
  }

  private static byte[] drain(SocketChannel client, boolean untilRequest) throws IOException {
    Script all = new Script();
    ByteBuffer buffer = ByteBuffer.allocate(4096);
    while (client.read(buffer.clear()) >= 0) {
      buffer.flip();
      byte[] bytes = new byte[buffer.remaining()];
      buffer.get(bytes);
      all.raw(bytes);
      if (untilRequest && endsWithRequest(all.bytes())) {
        break;
      }
    }
    return all.bytes();
  }

  private static boolean endsWithRequest(byte[] heard) {
    int start = heard.length - Protocol.REQUEST_BYTES;
    return start >= 0 && ByteBuffer.wrap(heard).getInt(start) == Protocol.REQUEST_MAGIC;
  }

  @Override
  public void close() throws IOException {
    listener.close();
    Files.deleteIfExists(socket());
    Files.delete(directory);
  }
}
