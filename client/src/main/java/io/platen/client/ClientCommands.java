package io.platen.client;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** The commands of this package, for a command line of their own or as part of a larger one. */
public final class ClientCommands {
  private ClientCommands() {}

  private static Map<String, Supplier<Object>> all() {
    var all = new LinkedHashMap<String, Supplier<Object>>();
    all.put("template", TemplateCommand::new);
    all.put("machine", MachineCommand::new);
    all.put("snapshot", SnapshotCommand::new);
    all.put("event", EventCommand::new);
    all.put("login", LoginCommand::new);
    return all;
  }

  /** Adds them. */
  public static void addTo(CommandLine commands) {
    all().forEach((name, command) -> commands.addSubcommand(name, whole(command.get())));
  }

  private static CommandLine whole(Object command) {
    var added = new CommandLine(command);
    if (command instanceof Group group) {
      group.commands().forEach((name, each) -> added.addSubcommand(name, each.get()));
    }
    return added;
  }

  /** Adds the one that the arguments name, where they name one; else all of them. */
  static void addFor(CommandLine commands, String... arguments) {
    var named = arguments.length == 0 ? null : all().get(arguments[0]);
    if (named == null) {
      addTo(commands);
      return;
    }
    var command = named.get();
    var one =
        command instanceof Group group && arguments.length > 1
            ? group.commands().get(arguments[1])
            : null;
    commands.addSubcommand(
        arguments[0],
        one == null
            ? whole(command)
            : new CommandLine(command).addSubcommand(arguments[1], one.get()));
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
