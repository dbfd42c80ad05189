package io.platen.chaos;

/** What is done, and what goes wrong. */
enum Act {
  CAPTURE(20),
  LAUNCH(8),
  WRITE(4),
  SNAPSHOT(5),
  RESTORE_SNAPSHOT(3),
  DELETE_SNAPSHOT(2),
  DELETE_MACHINE(3),
  RENAME(5),
  PROTECT(3),
  UNPROTECT(2),
  DELETE(5),
  UNDELETE(2),
  PURGE(8),
  GC(1),
  GC_BESIDE(5),
  VERIFY(1),
  REPAIR(1),
  BACKUP(2),
  RESTORE(1),
  STORE_RECOVER(2),
  MACHINE_RECOVER(1),
  KILL(10),
  KILL_IN_GC(1),
  KILL_IN_RECOVERY(1),
  FULL(2),
  EIO(2);

  private final int minimum;

  /**
   * @param minimum how often it must have come to a good end in ten minutes of chaos
   */
  Act(int minimum) {
    this.minimum = minimum;
  }

  int minimum() {
    return minimum;
  }
}
