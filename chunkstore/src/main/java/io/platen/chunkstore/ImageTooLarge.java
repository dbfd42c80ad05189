package io.platen.chunkstore;

import java.io.IOException;

/** An index describes an image larger than its reader allows; nothing was written. */
public final class ImageTooLarge extends IOException {
  private static final long serialVersionUID = 1L;

  ImageTooLarge(String index, long size, long limit) {
    super(
        "the image of index "
            + index
            + " has "
            + size
            + " bytes, more than the "
            + limit
            + " allowed");
  }
}
