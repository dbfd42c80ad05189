package io.platen.event;

import java.util.Arrays;

/** The states of an event; the last three are final. */
public enum EventState {
  NEW("new"),
  IN_PROGRESS("in progress"),
  DONE("done"),
  ERROR("error"),
  CANCELLED("cancelled");

  private final String label;

  EventState(String label) {
    this.label = label;
  }

  /** As clients and the database know it. */
  public String label() {
    return label;
  }

  public boolean isFinal() {
    return this == DONE || this == ERROR || this == CANCELLED;
  }

  static EventState of(String label) {
    return Arrays.stream(values())
        .filter(state -> state.label.equals(label))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no event state \"" + label + "\""));
  }
}
