package io.platen.process;

import java.io.IOException;

/**
 * A program that Platen needs is missing or failed. The message is written for the person who reads
 * it: what, why, and what to do.
 */
public abstract sealed class ToolException extends IOException permits ToolFailed, ToolMissing {
  private static final long serialVersionUID = 1L;

  private final String remedy;

  ToolException(String problem, String remedy) {
    super(problem + ": " + remedy);
    this.remedy = remedy;
  }

  /** What a person can do about it. */
  public final String remedy() {
    return remedy;
  }
}
