package io.platen.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "machine",
    description = "Launches, lists, starts, stops, resizes, captures and deletes machines.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
final class MachineCommand extends Group {
  private static final double GIBIBYTE = 1L << 30;

  @Override
  Map<String, Supplier<Object>> commands() {
    var commands = new LinkedHashMap<String, Supplier<Object>>();
    commands.put("create", Create::new);
    commands.put("list", ListAll::new);
    commands.put("show", Show::new);
    commands.put("start", Start::new);
    commands.put("stop", Stop::new);
    commands.put("restart", Restart::new);
    commands.put("resize", Resize::new);
    commands.put("capture", Capture::new);
    commands.put("delete", Delete::new);
    commands.put("console", MachineConsole::new);
    commands.put("ssh", MachineSsh::new);
    return commands;
  }

  @Command(
      name = "create",
      description = "Launches a machine from a template.",
      mixinStandardHelpOptions = true)
  static final class Create extends WorkCommand {
    @Option(
        names = "--template",
        required = true,
        paramLabel = "TEMPLATE",
        description = "A custom template or an OS template: its id or name.")
    @SuppressWarnings("NullAway.Init")
    private String template;

    @Option(
        names = "--type",
        required = true,
        paramLabel = "TYPE",
        description = "The machine type, such as C5.")
    @SuppressWarnings("NullAway.Init")
    private String type;

    @Option(
        names = "--size",
        paramLabel = "GB",
        description = "The size of its disk (default: the template's).")
    private @Nullable Integer size;

    @Option(
        names = "--region",
        paramLabel = "REGION",
        description = "Where it runs (default: where the template is, or ny2).")
    private @Nullable String region;

    @Option(
        names = "--name",
        paramLabel = "NAME",
        description = "Its name (default: the template's).")
    private @Nullable String name;

    @Option(
        names = "--network",
        paramLabel = "ID",
        description = "The private network that it is on.")
    private @Nullable String network;

    @Option(
        names = "--startup-script",
        paramLabel = "ID",
        description = "The script that it runs when it starts.")
    private @Nullable String startupScript;

    @Option(
        names = "--public-ip",
        paramLabel = "KIND",
        description = "Its public address: none, dynamic or static.")
    private @Nullable String publicIp;

    @Option(names = "--no-start", description = "It stays off.")
    private boolean noStart;

    @Override
    Api.Answer begin(Api api) throws IOException {
      var found = new Find(api).launchable(template);
      var body = new LinkedHashMap<String, Object>();
      body.put("name", name == null ? found.path("name").asText() : name);
      body.put("machineType", type);
      body.put("templateId", found.path("id").asText());
      body.put("diskSize", size == null ? found.path("defaultSizeGb").asInt() : size);
      body.put("region", region == null ? found.path("region").asText("ny2") : region);
      if (network != null) {
        body.put("networkId", network);
      }
      if (startupScript != null) {
        body.put("startupScriptId", startupScript);
      }
      if (publicIp != null) {
        body.put("publicIpType", publicIp);
      }
      if (noStart) {
        body.put("startOnCreate", false);
      }
      return api.post(Kind.MACHINE.path(), body);
    }
  }

  @Command(
      name = "list",
      description = {
        "Lists the team's machines, newest first.",
        "With --data or --config: those of all teams, read on the server's host."
      },
      mixinStandardHelpOptions = true)
  static final class ListAll extends ListCommand {
    @Option(
        names = "--name",
        paramLabel = "TEXT",
        description = "Only those whose name contains it.")
    private @Nullable String name;

    @Option(names = "--region", paramLabel = "REGION", description = "Only those there.")
    private @Nullable String region;

    @Override
    String path() {
      return Kind.MACHINE.path();
    }

    @Override
    Map<String, String> query(Api api) {
      var query = new HashMap<String, String>();
      if (name != null) {
        query.put("name", name);
      }
      if (region != null) {
        query.put("region", region);
      }
      return query;
    }

    @Override
    String[] headings() {
      return new String[] {"ID", "STATE", "TYPE", "GB", "REGION", "ADDRESS", "CREATED", "NAME"};
    }

    @Override
    Object[] row(JsonNode item) {
      return new Object[] {
        text(item, "id"),
        text(item, "state"),
        text(item, "machineType"),
        "%.0f".formatted(item.path("storageTotal").asLong() / GIBIBYTE),
        text(item, "region"),
        text(item, item.path("publicIp").isTextual() ? "publicIp" : "privateIp"),
        text(item, "dtCreated"),
        text(item, "name")
      };
    }
  }

  @Command(name = "show", description = "Shows a machine.", mixinStandardHelpOptions = true)
  static final class Show extends ShowObject {
    Show() {
      super(Kind.MACHINE);
    }
  }

  /** Work on one machine that is there. */
  abstract static class OnMachine extends WorkOnObject {
    OnMachine() {
      super(Kind.MACHINE);
    }
  }

  @Command(name = "start", description = "Starts a machine.", mixinStandardHelpOptions = true)
  static final class Start extends OnMachine {
    @Override
    Api.Answer begin(Api api, String path) throws IOException {
      return api.patch(path + "/start");
    }
  }

  @Command(name = "stop", description = "Shuts a machine down.", mixinStandardHelpOptions = true)
  static final class Stop extends OnMachine {
    @Override
    Api.Answer begin(Api api, String path) throws IOException {
      return api.patch(path + "/stop");
    }
  }

  @Command(
      name = "restart",
      description = "Shuts a machine down and starts it again.",
      mixinStandardHelpOptions = true)
  static final class Restart extends OnMachine {
    @Override
    Api.Answer begin(Api api, String path) throws IOException {
      return api.patch(path + "/restart");
    }
  }

  @Command(
      name = "resize",
      description = "Gives a machine a larger disk, or another machine type.",
      mixinStandardHelpOptions = true)
  static final class Resize extends OnMachine {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(names = "--size", paramLabel = "GB", description = "The new size of its disk.")
    private @Nullable Integer size;

    @Option(names = "--type", paramLabel = "TYPE", description = "The new machine type.")
    private @Nullable String type;

    @Override
    Api.Answer begin(Api api, String path) throws IOException {
      var body = new HashMap<String, Object>();
      if (size != null) {
        body.put("diskSize", size);
      }
      if (type != null) {
        body.put("machineType", type);
      }
      if (body.isEmpty()) {
        throw new ParameterException(
            spec.commandLine(), "Say what it gets: --size, --type, or both.");
      }
      return api.put(path, body);
    }
  }

  @Command(
      name = "capture",
      description = "Captures a machine's disk into a new template; prints the template's id.",
      mixinStandardHelpOptions = true)
  static final class Capture extends WorkCommand {
    @Parameters(paramLabel = "ID|NAME", description = "The machine's id or name.")
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
      String id = new Find(api).object(Kind.MACHINE, machine).path("id").asText();
      return api.post(Kind.TEMPLATE.path(), Map.of("machineId", id, "name", name));
    }
  }

  @Command(
      name = "delete",
      description = "Deletes a machine and its disk. A disk that was adopted stays where it is.",
      mixinStandardHelpOptions = true)
  static final class Delete extends OnMachine {
    @Override
    Api.Answer begin(Api api, String path) throws IOException {
      return api.delete(path);
    }
  }
}
