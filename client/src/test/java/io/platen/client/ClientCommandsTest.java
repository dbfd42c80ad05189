package io.platen.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

final class ClientCommandsTest {
  private static CommandLine none() {
    return new CommandLine(CommandSpec.create().name("platen"));
  }

  private static CommandLine all() {
    var commands = none();
    ClientCommands.addTo(commands);
    return commands;
  }

  private static CommandLine subcommand(CommandLine of, String name) {
    return Objects.requireNonNull(of.getSubcommands().get(name), name);
  }

  @Test
  void commandsAreCalledWhatTheyCallThemselves() {
    all()
        .getSubcommands()
        .forEach(
            (name, group) -> {
              assertThat(group.getCommandName()).isEqualTo(name);
              assertThat(command(group)).isEqualTo(name);
              group
                  .getSubcommands()
                  .forEach((word, each) -> assertThat(command(each)).isEqualTo(word));
            });
  }

  private static String command(CommandLine command) {
    return command.getCommand().getClass().getAnnotation(CommandLine.Command.class).name();
  }

  @Test
  void theOneThatIsNamedIsTheSameAlone() {
    for (var group : all().getSubcommands().entrySet()) {
      for (var each : group.getValue().getSubcommands().entrySet()) {
        var alone = none();
        ClientCommands.addFor(alone, group.getKey(), each.getKey(), "--help");
        assertThat(alone.getSubcommands()).containsOnlyKeys(group.getKey());
        var groupAlone = subcommand(alone, group.getKey());
        assertThat(groupAlone.getSubcommands()).containsOnlyKeys(each.getKey());
        assertThat(subcommand(groupAlone, each.getKey()).getUsageMessage())
            .isEqualTo(each.getValue().getUsageMessage());
      }
    }
  }

  @Test
  void whatNamesNoneGetsAll() {
    for (var words : new String[][] {{}, {"nosuch"}, {"--help"}}) {
      var commands = none();
      ClientCommands.addFor(commands, words);
      assertThat(commands.getSubcommands()).hasSameSizeAs(all().getSubcommands());
    }
    for (var words : new String[][] {{"machine"}, {"machine", "lst"}, {"machine", "--help"}}) {
      var commands = none();
      ClientCommands.addFor(commands, words);
      assertThat(subcommand(commands, "machine").getSubcommands()).containsKeys("list", "create");
    }
  }
}
