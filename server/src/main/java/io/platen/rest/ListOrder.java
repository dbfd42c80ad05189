package io.platen.rest;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** For the OpenAPI document: what this list can be ordered by, the default first. */
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.METHOD)
public @interface ListOrder {
  String[] value();
}
