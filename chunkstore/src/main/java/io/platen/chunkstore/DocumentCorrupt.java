package io.platen.chunkstore;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Something is stored under a document's name that is no document, or can't be read back. */
public final class DocumentCorrupt extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * A document that is no good.
   *
   * @param place where it is
   * @param reason what is wrong with it
   */
  public DocumentCorrupt(String place, String reason, @Nullable Throwable cause) {
    super(place + ": " + reason, cause);
  }
}
