package io.platen.contract;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** For the OpenAPI document: what this list can be ordered by, the default first. */
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.METHOD)
public @interface OrderBy {
  String[] value();
}
