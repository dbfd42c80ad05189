package io.platen.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "machine",
    description = "Adopts, lists and recovers machines.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {AdoptCommand.class, MachineCommand.ListAll.class, RecoverCommand.class})
final class MachineCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "Name what to do: adopt, list or recover.");
  }

  @Command(
      name = "list",
      description = "Lists the machines of all teams.",
      mixinStandardHelpOptions = true)
  static final class ListAll implements Callable<Integer> {
    @Mixin private final DataOption data = new DataOption();

    @Override
    public Integer call() throws Exception {
      try (var platen = data.open()) {
        var table = new Table("ID", "STATE", "TYPE", "GIB", "DISK", "NAME");
        for (var machine : platen.machines().listAll()) {
          var adopted = machine.disk().adopted();
          table.row(
              machine.id(),
              machine.state().label(),
              machine.machineType(),
              "%.1f".formatted(machine.disk().bytes() / (double) (1L << 30)),
              adopted == null
                  ? platen.config().data().machineDisk(machine.id())
                  : adopted.path() + " (" + adopted.format().label() + ")",
              machine.name());
        }
        table.print(System.out);
        return 0;
      }
    }
  }
}
