package io.platen.client;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** The commands of this package, for a command line of their own or as part of a larger one. */
public final class ClientCommands {
  private ClientCommands() {}

  /** Adds them. */
  public static void addTo(CommandLine commands) {
    for (var command :
        List.of(
            new TemplateCommand(),
            new MachineCommand(),
            new SnapshotCommand(),
            new EventCommand(),
            new LoginCommand())) {
      commands.addSubcommand(command);
    }
  }

  /** What a command exits with that failed so; null where the failure is none of this package's. */
  public static @Nullable Integer exitStatus(Exception failure) {
    return switch (failure) {
      case Refused refused -> refused.exitStatus();
      case AmbiguousName _ -> ExitStatus.USAGE;
      default -> null;
    };
  }
}
