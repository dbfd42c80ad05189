package io.platen.rest;

/** The request was answered before: nothing is done, and the answer goes out once more. */
final class AnsweredBefore extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** The exception itself is never serialized. */
  private final transient KeptAnswer answer;

  AnsweredBefore(KeptAnswer answer) {
    super("answered before", null, false, false);
    this.answer = answer;
  }

  KeptAnswer answer() {
    return answer;
  }
}
