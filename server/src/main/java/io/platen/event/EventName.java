package io.platen.event;

import java.util.Arrays;

/** What can happen to a machine or a template here; clients know more names than these. */
public enum EventName {
  CREATE("create", JobQueue.MACHINES),
  DEACTIVATE("deactivate", JobQueue.MACHINES),
  START("start", JobQueue.POWER),
  STOP("stop", JobQueue.POWER),
  RESTART("restart", JobQueue.POWER),
  VM_UPGRADE("vm-upgrade", JobQueue.POWER),
  TEMPLATE_CREATE("template-create", JobQueue.CAPTURES),
  TEMPLATE_IMPORT("template-import", JobQueue.CAPTURES);

  private final String label;
  private final JobQueue queue;

  EventName(String label, JobQueue queue) {
    this.label = label;
    this.queue = queue;
  }

  /** As clients and the database know it. */
  public String label() {
    return label;
  }

  JobQueue queue() {
    return queue;
  }

  static EventName of(String label) {
    return Arrays.stream(values())
        .filter(name -> name.label.equals(label))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no event \"" + label + "\""));
  }
}
