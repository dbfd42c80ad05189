package io.platen.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "template",
    description = "Lists templates.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = TemplateCommand.ListAll.class)
final class TemplateCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "Name what to do: list.");
  }

  @Command(
      name = "list",
      description = "Lists the templates of all teams, and the OS templates.",
      mixinStandardHelpOptions = true)
  static final class ListAll implements Callable<Integer> {
    @Mixin private final DataOption data = new DataOption();

    @Override
    public Integer call() throws Exception {
      try (var platen = data.open()) {
        var table = new Table("ID", "STATE", "GIB", "MACHINE", "CREATED", "NAME");
        for (var template : platen.templates().listAll()) {
          table.row(
              template.id(),
              template.state().name().toLowerCase(java.util.Locale.ROOT),
              "%.1f".formatted(template.diskBytes() / (double) (1L << 30)),
              template.parentMachineId() == null ? "(OS template)" : template.parentMachineId(),
              template.dtCreated(),
              template.name());
        }
        table.print(System.out);
        return 0;
      }
    }
  }
}
