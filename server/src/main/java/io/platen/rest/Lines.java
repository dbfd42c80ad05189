package io.platen.rest;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A field of a body that is a text of any number of lines, kept as it was sent. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.FIELD, ElementType.RECORD_COMPONENT})
public @interface Lines {
  /** How long it may be in UTF-8. */
  int bytes();

  boolean mayBeEmpty() default false;
}
