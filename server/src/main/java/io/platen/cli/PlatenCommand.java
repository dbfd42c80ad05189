package io.platen.cli;

import io.platen.config.ConfigException;
import io.platen.config.ServerConfig;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line. Exit status: 0 done, 1 failed, 2 called wrongly. */
@Command(
    name = "platen",
    description = "Keeps custom templates of virtual machines.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      KeyCommand.class,
      MachineCommand.class,
      TemplateCommand.class,
      ImportCommand.class,
      StorageCommand.class,
      GcCommand.class,
      VerifyCommand.class,
      DemoCommand.class,
      DoctorCommand.class,
      TestCommand.class,
      VersionCommand.class
    })
public final class PlatenCommand implements Runnable {
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
  public static int run(String[] args, ServerMain server) {
    return new CommandLine(new PlatenCommand())
        .addSubcommand(new ServeCommand(server))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(PlatenCommand::failed)
        .setExitCodeExceptionMapper(
            failure -> failure instanceof CommandLine.ParameterException ? 2 : 1)
        .execute(args);
  }

  private static int failed(
      Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
    String message = failure.getMessage();
    command.getErr().println("platen: " + (message == null ? failure.toString() : message));
    if (System.getenv("PLATEN_DEBUG") != null) {
      failure.printStackTrace(command.getErr());
    }
    return failure instanceof ConfigException ? 2 : 1;
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "Name a command.");
  }
}
