package io.platen.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "template",
    description = "Captures, lists, renames and deletes templates.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      TemplateCommand.Create.class,
      TemplateCommand.ListAll.class,
      TemplateCommand.Show.class,
      TemplateCommand.Rename.class,
      TemplateCommand.Delete.class
    })
final class TemplateCommand extends Group {
  @Command(
      name = "create",
      description = "Captures a machine's disk into a new template.",
      mixinStandardHelpOptions = true)
  static final class Create extends CaptureCommand {
    @Override
    String path() {
      return Kind.TEMPLATE.path();
    }
  }

  @Command(
      name = "list",
      description = {
        "Lists the team's templates, newest first.",
        "With --data or --config: those of all teams and the OS templates, read on the server's host."
      },
      mixinStandardHelpOptions = true)
  static final class ListAll extends ListCommand {
    @Option(
        names = "--name",
        paramLabel = "TEXT",
        description = "Only those whose name contains it.")
    private @Nullable String name;

    @Mixin private final MachineOption machine = new MachineOption();

    @Override
    String path() {
      return Kind.TEMPLATE.path();
    }

    @Override
    Map<String, String> query(Api api) throws IOException {
      var query = new HashMap<>(machine.query(api));
      if (name != null) {
        query.put("name", name);
      }
      return query;
    }

    @Override
    String[] headings() {
      return new String[] {"ID", "STATE", "GB", "REGION", "MACHINE", "CREATED", "NAME"};
    }

    @Override
    Object[] row(JsonNode item) {
      return new Object[] {
        text(item, "id"),
        isAvailable(item) ? "available" : "not available",
        text(item, "defaultSizeGb"),
        text(item, "region"),
        text(item, "parentMachineId"),
        text(item, "dtCreated"),
        text(item, "name")
      };
    }

    private static boolean isAvailable(JsonNode template) {
      for (var type : template.path("availableMachineTypes")) {
        if (type.path("isAvailable").asBoolean()) {
          return true;
        }
      }
      return false;
    }
  }

  @Command(name = "show", description = "Shows a template.", mixinStandardHelpOptions = true)
  static final class Show extends ShowObject {
    Show() {
      super(Kind.TEMPLATE);
    }
  }

  @Command(
      name = "rename",
      description = "Gives a template another name.",
      mixinStandardHelpOptions = true)
  static final class Rename extends RenameObject {
    Rename() {
      super(Kind.TEMPLATE);
    }
  }

  @Command(
      name = "delete",
      description = "Deletes a template. Machines that were launched from it keep working.",
      mixinStandardHelpOptions = true)
  static final class Delete extends ShowObject {
    Delete() {
      super(Kind.TEMPLATE);
    }

    @Override
    Api.Answer ask(Api api, String path) throws IOException {
      return api.delete(path);
    }
  }
}
