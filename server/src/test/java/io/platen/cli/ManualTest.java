package io.platen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Manual pages and completion name every command, and the build has made them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ManualTest {
  private static final Path BUILT = Path.of("target");

  private final List<CommandSpec> commands = new ArrayList<>();

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @BeforeAll
  void collect() {
    collect(PlatenCommand.commands((_, _) -> {}));
  }

  private void collect(CommandLine command) {
    commands.add(command.getCommandSpec());
    command.getSubcommands().values().forEach(this::collect);
  }

  /** Hidden ones are for the launcher. */
  private static List<OptionSpec> shown(CommandSpec command) {
    return command.options().stream().filter(option -> !option.hidden()).toList();
  }

  private static String page(CommandSpec command) throws Exception {
    return Files.readString(BUILT.resolve("man").resolve(ManPage.name(command) + ".1"));
  }

  @Test
  void everyCommandHasAPageThatNamesItsOptions() throws Exception {
    assertThat(commands)
        .extracting(ManPage::name)
        .contains(
            "platen",
            "platen-serve",
            "platen-machine-create",
            "platen-machine-adopt",
            "platen-event-watch");
    for (var command : commands) {
      String page = page(command);
      assertThat(page).startsWith(".TH PLATEN").contains(".SH SYNOPSIS", ".SH DESCRIPTION");
      for (var option : shown(command)) {
        assertThat(page).contains(option.longestName().replace("-", "\\-"));
      }
      for (var each : command.subcommands().values()) {
        assertThat(page).contains(ManPage.name(each.getCommandSpec()).replace("-", "\\-"));
      }
    }
    assertThat(page(commands.getFirst())).doesNotContain("202");
  }

  @Test
  void everyCommandHasADescription() {
    assertThat(commands)
        .allSatisfy(command -> assertThat(command.usageMessage().description()).isNotEmpty());
  }

  @Test
  void completionKnowsEveryCommandAndOption() throws Exception {
    for (var file : new String[] {"platen.bash", "_platen"}) {
      String script = Files.readString(BUILT.resolve("completion").resolve(file));
      for (var command : commands) {
        String function = "_picocli_" + command.qualifiedName("_").replace("-", "");
        assertThat(script).contains("function " + function + "(");
        for (var option : shown(command)) {
          assertThat(script).contains("'" + option.longestName());
        }
      }
    }
  }

  @Test
  void theBuildHasMadeWhatIsMadeNow() throws Exception {
    Manual.write(directory);
    try (var files = Files.walk(directory)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        assertThat(BUILT.resolve(directory.relativize(file))).hasSameTextualContentAs(file);
      }
    }
  }
}
