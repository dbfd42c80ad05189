package io.platen.job;

import io.platen.event.EventName;

/**
 * The queues of jobs. Each is a table of db-scheduler's, so that a launch never waits behind
 * captures.
 */
enum JobQueue {
  /** Long reads of whole disks. */
  CAPTURES("capture_job", 4),
  /** Everything that a person waits for. */
  MACHINES("machine_job", 8),
  /** Waits for guests, which may take a minute each to shut down. */
  POWER("power_job", 16);

  private final String table;
  private final int workers;

  JobQueue(String table, int workers) {
    this.table = table;
    this.workers = workers;
  }

  static JobQueue of(EventName name) {
    return switch (name) {
      case CREATE, DEACTIVATE, SNAPSHOT_DELETE -> MACHINES;
      case START, STOP, RESTART, VM_UPGRADE, SNAPSHOT_RESTORE -> POWER;
      case TEMPLATE_CREATE, TEMPLATE_DISTRIBUTE, TEMPLATE_IMPORT, SNAPSHOT_CREATE -> CAPTURES;
    };
  }

  String table() {
    return table;
  }

  /** How many jobs of this queue run at a time in one process. */
  int workers() {
    return workers;
  }
}
