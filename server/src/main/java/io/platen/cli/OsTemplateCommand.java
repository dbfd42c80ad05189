package io.platen.cli;

import io.platen.client.Table;
import io.platen.template.Template;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "os-template",
    description = {
      "Lists, renames, deletes and undeletes OS templates; platen import makes them.",
      "A server may be running on the data directory."
    },
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      OsTemplateCommand.ListAll.class,
      OsTemplateCommand.Rename.class,
      OsTemplateCommand.Delete.class,
      OsTemplateCommand.Undelete.class
    })
final class OsTemplateCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "Name what to do: list, rename, delete or undelete.");
  }

  @Command(name = "list", description = "Lists OS templates.", mixinStandardHelpOptions = true)
  static final class ListAll implements Callable<Integer> {
    @Mixin private final DataOption data = new DataOption();

    @Option(names = "--deleted", description = "Those that can be undeleted.")
    private boolean deleted;

    @Override
    public Integer call() throws Exception {
      try (var platen = data.open()) {
        var templates = platen.osTemplates();
        var table = new Table("ID", "STATE", "GIB", "OS", "CREATED", "NAME");
        (deleted ? templates.listDeleted() : templates.listAll())
            .forEach(template -> row(table, template));
        table.print(System.out);
        return 0;
      }
    }

    private static void row(Table table, Template template) {
      table.row(
          template.id(),
          template.state().name().toLowerCase(Locale.ROOT),
          "%.1f".formatted(template.diskBytes() / (double) (1L << 30)),
          template.os().label(),
          template.dtCreated(),
          template.name());
    }
  }

  @Command(
      name = "rename",
      description = "Renames an OS template.",
      mixinStandardHelpOptions = true)
  static final class Rename implements Callable<Integer> {
    @Mixin private final DataOption data = new DataOption();

    @Parameters(index = "0", paramLabel = "ID", description = "As os-template list shows it.")
    @SuppressWarnings("NullAway.Init")
    private String id;

    @Parameters(index = "1", paramLabel = "NAME", description = "The new name.")
    @SuppressWarnings("NullAway.Init")
    private String name;

    @Override
    public Integer call() throws Exception {
      try (var platen = data.openToWork()) {
        var renamed = platen.osTemplates().rename(id, name);
        SharedWork.tellStore(platen);
        System.err.printf("%s is named %s%n", renamed.id(), renamed.name());
        return 0;
      }
    }
  }

  @Command(
      name = "delete",
      description = {
        "Deletes an OS template. It can be undeleted for as long as the setting undeleteDays says.",
        "Machines that were launched from it go on: the data that their disks stand on stays until they are deleted."
      },
      mixinStandardHelpOptions = true)
  static final class Delete implements Callable<Integer> {
    @Mixin private final DataOption data = new DataOption();

    @Parameters(paramLabel = "ID", description = "As os-template list shows it.")
    @SuppressWarnings("NullAway.Init")
    private String id;

    @Option(
        names = "--purge",
        description = "For good: it can't be undeleted. One that is deleted already may be named.")
    private boolean purge;

    @Override
    public Integer call() throws Exception {
      try (var platen = data.openToWork()) {
        var deleted = platen.osTemplates().delete(id, purge);
        SharedWork.tellStore(platen);
        System.err.println(
            switch (deleted.machines()) {
              case 0 -> "deleted " + id;
              case 1 ->
                  "deleted "
                      + id
                      + "; one machine stands on its data, which stays until that is deleted";
              default ->
                  "deleted %s; %d machines stand on its data, which stays until they are deleted"
                      .formatted(id, deleted.machines());
            });
        return 0;
      }
    }
  }

  @Command(
      name = "undelete",
      description = "Brings back an OS template that was deleted and is not purged yet.",
      mixinStandardHelpOptions = true)
  static final class Undelete implements Callable<Integer> {
    @Mixin private final DataOption data = new DataOption();

    @Parameters(paramLabel = "ID", description = "As os-template list --deleted shows it.")
    @SuppressWarnings("NullAway.Init")
    private String id;

    @Override
    public Integer call() throws Exception {
      try (var platen = data.openToWork()) {
        var undeleted = platen.osTemplates().undelete(id);
        SharedWork.tellStore(platen);
        System.err.printf("%s (%s) is back%n", undeleted.id(), undeleted.name());
        return 0;
      }
    }
  }
}
