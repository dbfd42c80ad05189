package io.platen.nbd;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * The connection is dead: the server went away, the connection was closed, its thread was
 * interrupted, or (by subtype) the server was silent too long or broke the protocol. The request
 * under way may be repeated on a new connection; this one refuses further use.
 */
public sealed class NbdConnectionException extends NbdException
    permits NbdProtocolException, NbdTimeoutException {
  @Serial private static final long serialVersionUID = 1L;

  NbdConnectionException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  NbdConnectionException(String message) {
    this(message, null);
  }
}
