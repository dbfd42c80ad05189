package io.platen.support;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A connection on which anything can be sent. */
public final class Wire implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;

  /** Set once the server has stopped taking what is sent. */
  private @Nullable IOException refused;

  public Wire(URI server) throws IOException {
    socket = new Socket(server.getHost(), server.getPort());
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
  }

  public Wire send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  public Wire send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return this;
  }

  /** Sends, and tells whether the connection took it. */
  public boolean sendIfTaken(String text) {
    return sendWhatIsTaken(text.getBytes(StandardCharsets.ISO_8859_1)).refused == null;
  }

  /** As {@link #send}, for a server that may hang up before it took everything. */
  public Wire sendWhatIsTaken(byte[] bytes) {
    try {
      send(bytes);
    } catch (IOException e) {
      refused = e;
    }
    return this;
  }

  /**
   * The next answer; null where the server hangs up instead, even while there is something to send.
   */
  public @Nullable HttpAnswer answer(Duration limit) throws IOException {
    socket.setSoTimeout(Math.toIntExact(limit.toMillis()));
    try {
      return HttpAnswer.read(in);
    } catch (SocketException e) {
      if (refused == null && !socket.isOutputShutdown()) {
        throw e;
      }
      return null;
    }
  }

  /** No more is sent. */
  public Wire end() throws IOException {
    if (refused == null) {
      socket.shutdownOutput();
    }
    return this;
  }

  /** Everything until the server closes the connection. */
  public String rest(Duration limit) throws IOException {
    socket.setSoTimeout(Math.toIntExact(limit.toMillis()));
    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
  }

  /** What is there within this time, at most one answer's head and body of less than 64 KiB. */
  public String some(Duration limit) throws IOException {
    socket.setSoTimeout(Math.toIntExact(limit.toMillis()));
    byte[] bytes = new byte[1 << 16];
    int read = in.read(bytes);
    return read < 0 ? "" : new String(bytes, 0, read, StandardCharsets.UTF_8);
  }

  /** Whether the server has closed the connection, without waiting. */
  public boolean isClosed() throws IOException {
    socket.setSoTimeout(1);
    try {
      return in.read() < 0;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (SocketException e) {
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
