package io.platen.cli;

import io.platen.client.Table;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "list",
    description = "Lists the machines of all teams, without a server.",
    mixinStandardHelpOptions = true)
final class MachineList implements Callable<Integer> {
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
