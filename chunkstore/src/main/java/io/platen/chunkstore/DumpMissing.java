package io.platen.chunkstore;

import java.io.IOException;

/** There is no dump of this name in the store. */
public final class DumpMissing extends IOException {
  private static final long serialVersionUID = 1L;

  /** {@code place} names the place that was searched. */
  public DumpMissing(String place) {
    super("the dump " + place + " is missing");
  }
}
