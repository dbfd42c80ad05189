package io.platen.site;

import java.io.IOException;

/** The store is not the database's, so nothing is added to it. The message says what to do. */
public final class StoreNotOwn extends IOException {
  private static final long serialVersionUID = 1L;

  StoreNotOwn(String message) {
    super(message);
  }
}
