package io.platen.cli;

import io.platen.config.PlatenVersion;
import java.io.IOException;
import picocli.CommandLine.IVersionProvider;

/** The version of this build, for {@code --version}. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() throws IOException {
    return new String[] {"platen " + PlatenVersion.number()};
  }
}
