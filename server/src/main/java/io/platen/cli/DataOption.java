package io.platen.cli;

import io.platen.app.Platen;
import io.platen.config.ConfigException;
import io.platen.config.ConfigFile;
import io.platen.config.ServerConfig;
import io.platen.node.DirectoryFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which data directory a command works on. */
final class DataOption {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The data directory (default: ./data, or what the configuration says).")
  @Nullable Path data;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The configuration file, in YAML (default: that of the package, if any).")
  @Nullable Path config;

  ServerConfig read(@Nullable String host, @Nullable Integer port)
      throws ConfigException, IOException {
    return ConfigFile.read(config != null ? config : packaged(), host, port, data);
  }

  /** The launcher of a package names its file, unless the command names a directory or a file. */
  private static @Nullable Path packaged() {
    String file = System.getenv("PLATEN_CONFIG");
    return file == null || file.isBlank() ? null : Path.of(file);
  }

  /**
   * As {@link #open}, for a command that asks for work on what the data directory or its host has.
   *
   * @throws IOException where the work would be done by another data directory, too
   */
  Platen openToWork() throws ConfigException, IOException {
    return own(open());
  }

  /** As {@link #openToWork}, for a command that a new installation may begin with. */
  Platen openOrMakeToWork() throws ConfigException, IOException {
    return own(openOrMake());
  }

  private static Platen own(Platen platen) throws IOException {
    try {
      platen.requireDatabase();
      return platen;
    } catch (IOException | RuntimeException e) {
      platen.close();
      throw e;
    }
  }

  /**
   * Opens a data directory with its database; a server may be running on it.
   *
   * @throws IOException where there is no database, none of which is made then: of a wrong path it
   *     would be said that all is well, and beside a store it would stand in the way of recovery
   */
  Platen open() throws ConfigException, IOException {
    var config = read(null, null);
    new DirectoryFile(config).requireDatabase();
    return Platen.open(config, InstantSource.system());
  }

  /** Whether the data directory holds machines. */
  boolean hasMachines() throws ConfigException, IOException {
    var machines = read(null, null).data().machines();
    if (!Files.isDirectory(machines)) {
      return false;
    }
    try (var each = Files.newDirectoryStream(machines)) {
      return each.iterator().hasNext();
    }
  }

  /** As {@link #open}, for a command that a new installation may begin with. */
  Platen openOrMake() throws ConfigException, IOException {
    return Platen.open(read(null, null), InstantSource.system());
  }
}
