package io.platen.nbd;

import java.io.IOException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * What can go wrong with an NBD server. {@link NbdRequestException}: one request failed and the
 * connection still works. {@link NbdConnectionException}: the connection is dead. {@link
 * NbdHandshakeException}: the server answered, but there will be no connection on these terms.
 */
public abstract sealed class NbdException extends IOException
    permits NbdConnectionException, NbdHandshakeException, NbdRequestException {
  @Serial private static final long serialVersionUID = 1L;

  NbdException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
