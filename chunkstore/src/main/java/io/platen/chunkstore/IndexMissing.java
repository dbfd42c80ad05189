package io.platen.chunkstore;

import java.io.IOException;

/** There is no index of this name in the store. */
public final class IndexMissing extends IOException {
  private static final long serialVersionUID = 1L;

  private final String place;

  /** {@code place} names the place that was searched. */
  public IndexMissing(String place) {
    super("the index " + place + " is missing");
    this.place = place;
  }

  /** The place that was searched, for messages. */
  public String place() {
    return place;
  }
}
