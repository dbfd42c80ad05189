package io.platen.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

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
  private static final String PATH = "/custom-templates";

  @Command(
      name = "create",
      description = "Captures a machine's disk into a new template.",
      mixinStandardHelpOptions = true)
  static final class Create extends WorkCommand {
    @Option(
        names = "--machine",
        required = true,
        paramLabel = "MACHINE",
        description = "The machine's id or name.")
    @SuppressWarnings("NullAway.Init")
    private String machine;

    @Option(
        names = "--name",
        required = true,
        paramLabel = "NAME",
        description = "The template's name.")
    @SuppressWarnings("NullAway.Init")
    private String name;

    @Override
    Api.Answer begin(Api api) throws IOException {
      String id = new Find(api).machine(machine).path("id").asText();
      return api.post(PATH, Map.of("machineId", id, "name", name));
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

    @Option(
        names = "--machine",
        paramLabel = "MACHINE",
        description = "Only those of this machine (its id, or its name).")
    private @Nullable String machine;

    @Override
    String path() {
      return PATH;
    }

    @Override
    Map<String, String> query(Api api) throws IOException {
      var query = new HashMap<String, String>();
      if (name != null) {
        query.put("name", name);
      }
      if (machine != null) {
        query.put("machineId", new Find(api).machineId(machine));
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
  static final class Show extends ShowCommand {
    @Parameters(paramLabel = "TEMPLATE", description = "Its id or name.")
    @SuppressWarnings("NullAway.Init")
    private String template;

    @Override
    Api.Answer ask(Api api) throws IOException {
      return api.get(PATH + "/" + new Find(api).template(template).path("id").asText());
    }
  }

  @Command(
      name = "rename",
      description = "Gives a template another name.",
      mixinStandardHelpOptions = true)
  static final class Rename extends ShowCommand {
    @Parameters(index = "0", paramLabel = "TEMPLATE", description = "Its id or name.")
    @SuppressWarnings("NullAway.Init")
    private String template;

    @Parameters(index = "1", paramLabel = "NAME", description = "Its new name.")
    @SuppressWarnings("NullAway.Init")
    private String name;

    @Override
    Api.Answer ask(Api api) throws IOException {
      String id = new Find(api).template(template).path("id").asText();
      return api.put(PATH + "/" + id, Map.of("name", name));
    }
  }

  @Command(
      name = "delete",
      description = "Deletes a template. Machines that were launched from it keep working.",
      mixinStandardHelpOptions = true)
  static final class Delete extends ShowCommand {
    @Parameters(paramLabel = "TEMPLATE", description = "Its id or name.")
    @SuppressWarnings("NullAway.Init")
    private String template;

    @Override
    Api.Answer ask(Api api) throws IOException {
      return api.delete(PATH + "/" + new Find(api).template(template).path("id").asText());
    }
  }
}
