package io.platen.disk;

import java.nio.file.Path;

/** Another process has the disk open for writing, so that reading it would give a torn copy. */
public final class DiskLocked extends DiskException {
  private static final long serialVersionUID = 1L;

  public DiskLocked(Path disk) {
    super(
        disk + " is in use by another process",
        "shut the machine that runs on it down, or let Platen manage that machine, and try again",
        null);
  }
}
