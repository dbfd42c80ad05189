package io.platen.nbd;

import java.io.Serial;

/** One request failed; the connection still works. */
public final class NbdRequestException extends NbdException {
  @Serial private static final long serialVersionUID = 1L;

  private final String errno;
  private final long offset;
  private final long length;
  private final String serverMessage;

  NbdRequestException(
      String request, String errno, long offset, long length, String serverMessage) {
    super(
        "NBD "
            + request
            + " of "
            + length
            + " bytes at offset "
            + offset
            + " failed: "
            + errno
            + (serverMessage.isEmpty() ? "" : ": " + serverMessage),
        null);
    this.errno = errno;
    this.offset = offset;
    this.length = length;
    this.serverMessage = serverMessage;
  }

  /** The error by its name in the protocol, {@code EIO}; {@code errno 99} if it has none there. */
  public String errno() {
    return errno;
  }

  /** Where the failed request started, in bytes. */
  public long offset() {
    return offset;
  }

  /** Length of the failed request, in bytes. */
  public long length() {
    return length;
  }

  /** The server's text, control characters replaced; empty if it gave none. */
  public String serverMessage() {
    return serverMessage;
  }
}
