package io.platen.client;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Runs the commands of this package without the server's classes. The launcher starts it for them;
 * all other commands, and the help on all of them, are the server's.
 */
@Command(name = "platen", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND")
public final class Main implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  private Main() {}

  public static void main(String[] args) {
    System.exit(run(args));
  }

  /** Runs one command and returns the exit status. */
  static int run(String... args) {
    var commands = new CommandLine(new Main());
    ClientCommands.addFor(commands, args);
    return commands
        .setExecutionExceptionHandler(Main::failed)
        .setExitCodeExceptionMapper(
            failure -> failure instanceof ParameterException ? ExitStatus.USAGE : ExitStatus.FAILED)
        .execute(args);
  }

  private static int failed(
      Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
    String message = failure.getMessage();
    command.getErr().println("platen: " + (message == null ? failure.toString() : message));
    var status = ClientCommands.exitStatus(failure);
    return status == null ? ExitStatus.FAILED : status;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Name a command.");
  }
}
