package io.platen.rest;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** For the OpenAPI document: a parameter that leaves only some of this list. */
@Repeatable(ListFilter.Several.class)
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.METHOD)
public @interface ListFilter {
  /** What the parameter {@code name} leaves of every list that has it. */
  String NAMES = "names that contain this text, whatever its case";

  /** The name of the parameter. */
  String by();

  /** What it leaves. */
  String to();

  /** Whether it is true or false, and no text. */
  boolean isFlag() default false;

  /** More than one. */
  @Retention(RetentionPolicy.CLASS)
  @Target(ElementType.METHOD)
  @interface Several {
    ListFilter[] value();
  }
}
