package io.platen.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "template",
    description = "Captures, lists, renames, protects, deletes and undeletes templates.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
final class TemplateCommand extends Group {
  @Override
  Map<String, Supplier<Object>> commands() {
    var commands = new LinkedHashMap<String, Supplier<Object>>();
    commands.put("create", Create::new);
    commands.put("list", ListAll::new);
    commands.put("show", Show::new);
    commands.put("rename", Rename::new);
    commands.put("delete", Delete::new);
    commands.put("undelete", Undelete::new);
    commands.put("purge", Purge::new);
    commands.put("protect", Protect::new);
    commands.put("unprotect", Unprotect::new);
    return commands;
  }

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

    @Option(names = "--deleted", description = "Those that are deleted and can be undeleted.")
    private boolean deleted;

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
      if (deleted) {
        query.put("deleted", "true");
      }
      return query;
    }

    @Override
    String[] headings() {
      String when = deleted ? "DELETED" : "CREATED";
      return new String[] {"ID", "STATE", "GB", "REGION", "MACHINE", when, "NAME"};
    }

    @Override
    Object[] row(JsonNode item) {
      return new Object[] {
        text(item, "id"),
        isAvailable(item) ? "available" : "not available",
        text(item, "defaultSizeGb"),
        text(item, "region"),
        text(item, "parentMachineId"),
        text(item, deleted ? "dtDeleted" : "dtCreated"),
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

    @Override
    void showMore(Api api, JsonNode template) throws IOException {
      var answer =
          api.get(Kind.TEMPLATE.path() + "/" + template.path("id").asText() + "/protection");
      line("protected", answer.json().path("isProtected").asBoolean() ? "yes" : "no");
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
      description = {
        "Deletes a template. Machines that were launched from it keep working.",
        "It can be undeleted for some days, which the server's setting undeleteDays says."
      },
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

  @Command(
      name = "undelete",
      description = "Brings back a deleted template; list --deleted shows which can be.",
      mixinStandardHelpOptions = true)
  static final class Undelete extends UndeleteObject {
    Undelete() {
      super(Kind.TEMPLATE);
    }
  }

  @Command(
      name = "purge",
      description = {
        "Deletes a template for good: it can't be undeleted. One that is deleted already may be named.",
        "What only it has in the store is freed by the next collection (platen gc)."
      },
      mixinStandardHelpOptions = true)
  static final class Purge extends ChangeObject {
    Purge() {
      super(Kind.TEMPLATE);
    }

    @Override
    String path(Find find, Kind kind, String idOrName) throws IOException {
      return find.anyPath(kind, idOrName);
    }

    @Override
    Api.Answer ask(Api api, String path) throws IOException {
      return api.delete(path + "?purge=true");
    }

    @Override
    String done() {
      return "is deleted for good";
    }
  }

  @Command(
      name = "protect",
      description = "Has a template refuse to be deleted, until unprotect.",
      mixinStandardHelpOptions = true)
  static final class Protect extends ChangeObject {
    Protect() {
      super(Kind.TEMPLATE);
    }

    @Override
    Api.Answer ask(Api api, String path) throws IOException {
      return api.post(path + "/protect", Map.of());
    }

    @Override
    String done() {
      return "can't be deleted any more, until \"platen template unprotect\"";
    }
  }

  @Command(
      name = "unprotect",
      description = "Ends the protection of a template.",
      mixinStandardHelpOptions = true)
  static final class Unprotect extends ChangeObject {
    Unprotect() {
      super(Kind.TEMPLATE);
    }

    @Override
    Api.Answer ask(Api api, String path) throws IOException {
      return api.post(path + "/unprotect", Map.of());
    }

    @Override
    String done() {
      return "can be deleted again";
    }
  }
}
