package io.platen.cli;

import java.io.IOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version of this build, from platen.properties, which Maven fills in. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() throws IOException {
    return new String[] {"platen " + number()};
  }

  static String number() throws IOException {
    var properties = new Properties();
    try (var in = Version.class.getResourceAsStream("/platen.properties")) {
      properties.load(in);
    }
    return properties.getProperty("version");
  }
}
