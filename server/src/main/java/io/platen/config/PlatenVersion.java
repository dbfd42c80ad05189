package io.platen.config;

import java.io.IOException;
import java.util.Properties;

/** The version of this build, from platen.properties, which Maven fills in. */
public final class PlatenVersion {
  private PlatenVersion() {}

  public static String number() throws IOException {
    var properties = new Properties();
    try (var in = PlatenVersion.class.getResourceAsStream("/platen.properties")) {
      properties.load(in);
    }
    return properties.getProperty("version");
  }
}
