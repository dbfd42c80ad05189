package io.platen.notice;

import io.platen.event.EventName;

/** What is told. */
public enum NoticeKind {
  CAPTURE_FAILED("capture.failed"),
  SNAPSHOT_FAILED("snapshot.failed"),
  STORE_DAMAGED("store.damaged"),
  STORE_NEARLY_FULL("store.nearly_full"),
  BACKUP_MISSING("backup.missing");

  private final String label;

  NoticeKind(String label) {
    this.label = label;
  }

  /** As receivers see it. */
  public String label() {
    return label;
  }

  /** What the failure of such an event is told as. */
  static NoticeKind failureOf(EventName name) {
    return switch (name) {
      case TEMPLATE_CREATE -> CAPTURE_FAILED;
      case SNAPSHOT_CREATE -> SNAPSHOT_FAILED;
      default -> throw new IllegalArgumentException(name + " is no capture");
    };
  }
}
