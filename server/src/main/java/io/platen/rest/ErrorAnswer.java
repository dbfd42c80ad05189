package io.platen.rest;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** For the OpenAPI document: an answer other than success that this endpoint has of its own. */
@Repeatable(ErrorAnswer.Several.class)
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.METHOD)
public @interface ErrorAnswer {
  int status();

  String when();

  /** More than one. */
  @Retention(RetentionPolicy.CLASS)
  @Target(ElementType.METHOD)
  @interface Several {
    ErrorAnswer[] value();
  }
}
