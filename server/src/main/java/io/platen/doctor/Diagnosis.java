package io.platen.doctor;

/**
 * One thing that was looked at.
 *
 * @param what was looked at, in a few words
 * @param detail what was found
 * @param remedy the command, or change, that mends it; empty where nothing is to mend
 */
public record Diagnosis(Kind kind, String what, String detail, String remedy) {
  public enum Kind {
    OK,
    /** Platen works without. */
    OPTIONAL,
    MISSING
  }

  static Diagnosis ok(String what, String detail) {
    return new Diagnosis(Kind.OK, what, detail, "");
  }
}
