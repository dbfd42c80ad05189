package io.platen.nbd;

import java.io.Serial;

/**
 * The handshake ended without a connection although the server kept to the protocol: it refused an
 * option (an unknown export, for example; {@link #reply()} and {@link #serverMessage()} say why in
 * its words) or lacks what this client needs.
 */
public final class NbdHandshakeException extends NbdException {
  @Serial private static final long serialVersionUID = 1L;

  private final String reply;
  private final String serverMessage;

  NbdHandshakeException(String message, String reply, String serverMessage) {
    super(message, null);
    this.reply = reply;
    this.serverMessage = serverMessage;
  }

  NbdHandshakeException(String message) {
    this(message, "", "");
  }

  /** The server's reply by its name in the protocol, {@code NBD_REP_ERR_UNKNOWN}; or empty. */
  public String reply() {
    return reply;
  }

  /** The server's text, control characters replaced; empty if it gave none. */
  public String serverMessage() {
    return serverMessage;
  }
}
