package io.platen.cli;

import io.platen.config.PlatenVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.AutoComplete;
import picocli.CommandLine;

/**
 * Writes the manual pages and the completion for shells. The build runs it; what it writes is made
 * from the commands themselves.
 */
public final class Manual {
  private static final String PROGRAM = "platen";

  /** What bash has and zsh's bashcompinit has not. */
  private static final String ZSH_BEGIN =
      """
      #compdef platen
      (( $+functions[compopt] )) || compopt() { : }
      """;

  /** The first call has to be passed on: it is what made zsh read the file. */
  private static final String ZSH_END =
      """

      _bash_complete -o default -F _complete_platen "$@"
      """;

  private Manual() {}

  /** Writes below a directory: man/*.1, completion/platen.bash and completion/_platen. */
  public static void main(String[] arguments) throws IOException {
    write(Path.of(arguments[0]));
  }

  static void write(Path directory) throws IOException {
    var commands =
        PlatenCommand.commands(
            (_, _) -> {
              throw new IllegalStateException("nothing is run here");
            });
    var pages = Files.createDirectories(directory.resolve("man"));
    pages(commands, pages, PlatenVersion.number());
    var completion = Files.createDirectories(directory.resolve("completion"));
    String bash = AutoComplete.bash(PROGRAM, commands);
    Files.writeString(completion.resolve("platen.bash"), bash);
    Files.writeString(completion.resolve("_platen"), ZSH_BEGIN + bash + ZSH_END);
  }

  private static void pages(CommandLine command, Path directory, String version)
      throws IOException {
    var spec = command.getCommandSpec();
    Files.writeString(directory.resolve(ManPage.name(spec) + ".1"), ManPage.of(spec, version));
    for (var each : command.getSubcommands().values()) {
      pages(each, directory, version);
    }
  }
}
