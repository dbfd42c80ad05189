package io.platen.machine;

import java.util.Locale;

/** The states of a machine, as clients know them in lower case. */
public enum MachineState {
  OFF,
  STARTING,
  STOPPING,
  RESTARTING,
  SERVICEREADY,
  READY,
  UPGRADING,
  PROVISIONING;

  /** As clients and the database know it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static MachineState of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }
}
