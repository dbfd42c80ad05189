package io.platen.config;

import java.nio.file.Path;
import java.util.List;

/** A configuration that can't be used; the message names every problem in it. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1;

  ConfigException(Path file, List<String> problems) {
    super(file + ":\n  " + String.join("\n  ", problems));
  }
}
