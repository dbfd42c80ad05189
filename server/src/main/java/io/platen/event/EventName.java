package io.platen.event;

import java.util.Arrays;

/** What can happen to a machine or a template here; clients know more names than these. */
public enum EventName {
  CREATE("create"),
  DEACTIVATE("deactivate"),
  START("start"),
  STOP("stop"),
  RESTART("restart"),
  VM_UPGRADE("vm-upgrade"),
  SNAPSHOT_CREATE("snapshot-create"),
  SNAPSHOT_DELETE("snapshot-delete"),
  SNAPSHOT_RESTORE("snapshot-restore"),
  TEMPLATE_CREATE("template-create"),
  TEMPLATE_DISTRIBUTE("template-distribute"),
  TEMPLATE_IMPORT("template-import");

  private final String label;

  EventName(String label) {
    this.label = label;
  }

  /** Whether what happens changes nothing of the machine that it is about. */
  public boolean leavesMachineAlone() {
    return this == TEMPLATE_CREATE || this == SNAPSHOT_CREATE || this == SNAPSHOT_DELETE;
  }

  /** As clients and the database know it. */
  public String label() {
    return label;
  }

  public static EventName of(String label) {
    return Arrays.stream(values())
        .filter(name -> name.label.equals(label))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no event \"" + label + "\""));
  }
}
