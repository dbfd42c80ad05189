package io.platen.cli;

import io.platen.client.ClientCommands;
import io.platen.client.ExitStatus;
import io.platen.config.ConfigException;
import io.platen.config.ServerConfig;
import io.platen.database.Outage;
import io.platen.model.Refusal;
import java.util.Arrays;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line: what works on the data directory itself, and what works over HTTP. */
@Command(
    name = "platen",
    description = "Keeps custom templates of virtual machines.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      KeyCommand.class,
      ImportCommand.class,
      OsTemplateCommand.class,
      NodeCommand.class,
      MigrateCommand.class,
      StorageCommand.class,
      StoreCommand.class,
      GcCommand.class,
      VerifyCommand.class,
      BackupCommand.class,
      RestoreCommand.class,
      DemoCommand.class,
      DoctorCommand.class,
      SettingsCommand.class,
      TestCommand.class,
      VersionCommand.class
    })
public final class PlatenCommand implements Runnable {
  private static final String LIST = "list";

  /**
   * What {@code serve} runs; it is not in this package because the HTTP server knows the whole
   * product.
   */
  @FunctionalInterface
  public interface ServerMain {
    /**
     * Serves until it is asked to end.
     *
     * @param takeOver whether to take the database over from another data directory
     */
    void run(ServerConfig config, boolean takeOver) throws Exception;
  }

  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init")
  CommandLine.Model.CommandSpec spec;

  /** Runs one command and returns the exit status. */
  public static int run(String[] words, ServerMain server) {
    var commands = commands(server);
    String[] args = askedForHelp(words);
    if (listsDirectory(args)) {
      var group = group(commands, args[0]);
      group.getCommandSpec().removeSubcommand(LIST);
      group.addSubcommand(args[0].equals("machine") ? new MachineList() : new TemplateList());
    }
    return commands
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(PlatenCommand::failed)
        .setExitCodeExceptionMapper(
            failure ->
                failure instanceof CommandLine.ParameterException
                    ? ExitStatus.USAGE
                    : ExitStatus.FAILED)
        .execute(args);
  }

  /** "help machine create" is asked as often as "machine create --help". */
  private static String[] askedForHelp(String[] words) {
    if (words.length == 0 || !words[0].equals("help")) {
      return words;
    }
    String[] args = Arrays.copyOfRange(words, 1, words.length + 1);
    args[words.length - 1] = "--help";
    return args;
  }

  /** All commands, those over HTTP too. */
  static CommandLine commands(ServerMain server) {
    var commands = new CommandLine(new PlatenCommand()).addSubcommand(new ServeCommand(server));
    ClientCommands.addTo(commands);
    addToMachine(group(commands, "machine"));
    return commands;
  }

  private static CommandLine group(CommandLine commands, String name) {
    return Objects.requireNonNull(commands.getSubcommands().get(name));
  }

  private static void addToMachine(CommandLine machine) {
    machine.addSubcommand(new AdoptCommand()).addSubcommand(new RecoverCommand());
  }

  /** Whether a list is to come from the data directory, and not from a server. */
  private static boolean listsDirectory(String[] args) {
    return args.length > 2
        && (args[0].equals("machine") || args[0].equals("template"))
        && args[1].equals(LIST)
        && Arrays.stream(args).anyMatch(arg -> arg.matches("--(data|config)(=.*)?"));
  }

  private static int failed(
      Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
    var full = Outage.full(failure);
    String message = full.isPresent() ? full.get() : failure.getMessage();
    command.getErr().println("platen: " + (message == null ? failure.toString() : message));
    if (System.getenv("PLATEN_DEBUG") != null) {
      failure.printStackTrace(command.getErr());
    }
    var status = ClientCommands.exitStatus(failure);
    if (status != null) {
      return status;
    }
    return switch (failure) {
      case ConfigException _ -> ExitStatus.USAGE;
      case Refusal refusal when refusal.reason() == Refusal.Reason.NOT_FOUND ->
          ExitStatus.NOT_FOUND;
      default -> ExitStatus.FAILED;
    };
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "Name a command.");
  }
}
