package io.platen.nbd;

import java.io.Serial;

/**
 * The server sent what the protocol does not allow; the message names what was received. Nothing
 * after it can be trusted, so the connection is dead.
 */
public final class NbdProtocolException extends NbdConnectionException {
  @Serial private static final long serialVersionUID = 1L;

  NbdProtocolException(String received) {
    super("NBD protocol violation by the server: " + received);
  }
}
