package io.platen.nbd;

import java.io.Serial;
import java.time.Duration;

/** The server did not complete an answer within the time limit; the connection is dead. */
public final class NbdTimeoutException extends NbdConnectionException {
  @Serial private static final long serialVersionUID = 1L;

  NbdTimeoutException(String waitedFor, Duration limit) {
    super("NBD server did not " + waitedFor + " within " + limit.toMillis() + " ms");
  }
}
