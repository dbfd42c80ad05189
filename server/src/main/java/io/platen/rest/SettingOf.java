package io.platen.rest;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A number of a body that says how something is done which another field switches on or off. Where
 * that field says off, 0 counts as left out: clients send it for what they do not use.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.FIELD, ElementType.RECORD_COMPONENT})
public @interface SettingOf {
  /** The name of the other field. */
  String value();
}
