package io.platen.template;

/** The life of a template. */
public enum TemplateState {
  /** Its capture or import is under way. */
  CAPTURING,
  /** Complete and durable: it can be launched. */
  AVAILABLE,
  /** Its capture failed or was cancelled. */
  FAILED
}
