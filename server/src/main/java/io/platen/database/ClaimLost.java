package io.platen.database;

/** Work on a database that another data directory works on by now: it must have no effect. */
public final class ClaimLost extends RuntimeException {
  private static final long serialVersionUID = 1;

  ClaimLost(String message) {
    super(message);
  }
}
