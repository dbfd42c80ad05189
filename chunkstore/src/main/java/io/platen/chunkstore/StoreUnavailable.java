package io.platen.chunkstore;

import java.io.IOException;

/**
 * A store can't be asked, or did not answer: it is not mounted, this process may not use it, the
 * process has too many files open, the network is down. That says nothing about what is stored: who
 * gets it may neither call a chunk missing nor bad, and may try again later.
 */
public final class StoreUnavailable extends IOException {
  private static final long serialVersionUID = 1L;

  /** {@code what} names the place and what went wrong there. */
  public StoreUnavailable(String what, Throwable cause) {
    super(what, cause);
  }
}
