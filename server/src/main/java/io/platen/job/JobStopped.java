package io.platen.job;

/**
 * A job noticed that it was asked to stop: it was cancelled, another attempt took over, or the
 * server ends.
 */
public final class JobStopped extends Exception {
  private static final long serialVersionUID = 1;

  public JobStopped() {
    super("the job was asked to stop");
  }
}
