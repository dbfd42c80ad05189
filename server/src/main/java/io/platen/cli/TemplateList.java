package io.platen.cli;

import io.platen.client.Table;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "list",
    description = "Lists the templates of all teams, and the OS templates, without a server.",
    mixinStandardHelpOptions = true)
final class TemplateList implements Callable<Integer> {
  @Mixin private final DataOption data = new DataOption();

  @Override
  public Integer call() throws Exception {
    try (var platen = data.open()) {
      var table = new Table("ID", "STATE", "PROTECTED", "GIB", "MACHINE", "CREATED", "NAME");
      var isProtected = platen.templates().listProtected();
      for (var template : platen.templates().listAll()) {
        table.row(
            template.id(),
            template.state().name().toLowerCase(Locale.ROOT),
            isProtected.contains(template.id()) ? "yes" : "-",
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
