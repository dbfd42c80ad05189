package io.platen.disk;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A disk can't be used. The message is written for the person who reads it: what, why, and what to
 * do.
 */
public abstract sealed class DiskException extends IOException
    permits ImageRefused, DiskChanged, DiskLocked, DiskUnreadable {
  private static final long serialVersionUID = 1L;

  private final String remedy;

  DiskException(String problem, String remedy, @Nullable Throwable cause) {
    super(problem + ": " + remedy, cause);
    this.remedy = remedy;
  }

  /** What a person can do about it. */
  public final String remedy() {
    return remedy;
  }
}
