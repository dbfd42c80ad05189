package io.platen.cli;

import io.platen.backup.Migration;
import io.platen.client.ProgressBar;
import io.platen.config.ConfigException;
import io.platen.config.ConfigFile;
import io.platen.config.ServerConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "migrate",
    description = {
      "Moves a single host to PostgreSQL, and its templates to the store that the configuration names.",
      "No server may run on the data directory, and nothing may be under way there. Machines stay where they are.",
      "A run that was interrupted is run again, and copies only what is missing. At the end the old database refuses to be worked on."
    },
    mixinStandardHelpOptions = true)
final class MigrateCommand implements Callable<Integer> {
  @Mixin private final DataOption data = new DataOption();

  @Option(
      names = "--to",
      required = true,
      paramLabel = "CONFIG",
      description = "The configuration of the server from then on: database, and stores, if any.")
  @SuppressWarnings("NullAway.Init")
  private Path to;

  @Override
  public Integer call() throws Exception {
    var source = data.read(null, null);
    try (var migration = Migration.prepare(source, target(source), to, InstantSource.system())) {
      var moved = migration.run(new Progress());
      if (moved.already()) {
        System.err.printf(
            "%s was already moved to %s; nothing was changed.%n",
            source.data().root(), moved.target().words());
        return 0;
      }
      System.err.printf(
          "Moved %d rows to %s, and %d templates and snapshots to %s (%d chunks, %s, were copied now).%n",
          moved.rows(),
          moved.target().database(),
          moved.images(),
          moved.target().store(),
          moved.chunks(),
          Sizes.of(moved.bytes()));
      if (!moved.damaged().isEmpty()) {
        System.err.printf(
            "%d of them were damaged before, and are so there: %s%n",
            moved.damaged().size(), String.join(", ", moved.damaged()));
      }
      System.err.printf(
          "Start the server with --config %s --data %s from now on.%n", to, source.data().root());
      return 0;
    }
  }

  /** Where the configuration names no data directory, it is the one that is moved. */
  private ServerConfig target(ServerConfig source) throws ConfigException, IOException {
    var named = ConfigFile.read(to, null, null, null);
    return named.data().equals(ServerConfig.defaults(ServerConfig.DEFAULT_DATA).data())
        ? ConfigFile.read(to, null, null, source.data().root())
        : named;
  }

  /** Shows a bar on a terminal, and a line for each phase elsewhere. */
  private static final class Progress implements Migration.Listener {
    private String phase = "";
    private ProgressBar bar = new ProgressBar(System.err, "");

    @Override
    public void advanced(String now, long done, long total) {
      if (!now.equals(phase)) {
        if (!phase.isEmpty()) {
          bar.finish();
        }
        phase = now;
        bar = new ProgressBar(System.err, now);
        System.err.println(now);
      }
      bar.showPart(done, total);
    }
  }
}
