package io.platen.template;

/** The life of a template. */
public enum TemplateState {
  /** Its capture or import is under way. */
  CAPTURING,
  /** Complete and durable: it can be launched. */
  AVAILABLE,
  /**
   * It was complete, and part of it is lost, in every store that has it: it can't be launched until
   * that is captured again.
   */
  DAMAGED,
  /** Its capture failed or was cancelled. */
  FAILED
}
