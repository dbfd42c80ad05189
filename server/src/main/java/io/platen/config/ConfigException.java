package io.platen.config;

import java.util.List;

/** A configuration that can't be used; the message names every problem in it. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1;

  ConfigException(String place, List<String> problems) {
    super(place + ":\n  " + String.join("\n  ", problems));
  }
}
