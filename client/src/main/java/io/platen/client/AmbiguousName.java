package io.platen.client;

import java.io.IOException;

/** A name that several have. The message lists them. */
public final class AmbiguousName extends IOException {
  private static final long serialVersionUID = 1;

  AmbiguousName(String message) {
    super(message);
  }
}
