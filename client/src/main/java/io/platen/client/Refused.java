package io.platen.client;

import java.io.IOException;

/** The server's answer was an error. The message is the server's own. */
public final class Refused extends IOException {
  private static final long serialVersionUID = 1;

  private static final int NOT_FOUND = 404;
  private static final int SERVER_ERRORS = 500;

  private final int status;

  Refused(int status, String message) {
    super(message);
    this.status = status;
  }

  /** The HTTP status of the answer. */
  public int status() {
    return status;
  }

  /** What the command exits with: 3 where something is not there, 4 refused, 1 failed. */
  public int exitStatus() {
    if (status == NOT_FOUND) {
      return ExitStatus.NOT_FOUND;
    }
    return status < SERVER_ERRORS ? ExitStatus.REFUSED : ExitStatus.FAILED;
  }
}
