package io.platen.config;

import org.eclipse.microprofile.config.spi.Converter;

/**
 * The kind of value that a setting takes. The library looks at what {@code convert} of the class
 * itself answers: that has to be the setting's type, and no type variable.
 */
abstract class Value<T> implements Converter<T> {
  private static final long serialVersionUID = 1;

  /** What it takes, after "is not" and "must be": "a whole number from 1 to 10". */
  abstract String accepted();

  /** What to throw for a text that stands for no value. */
  IllegalArgumentException refused(String text) {
    return new IllegalArgumentException("\"%s\" is not %s".formatted(text, accepted()));
  }
}
