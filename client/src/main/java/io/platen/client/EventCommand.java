package io.platen.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "event",
    description = "Lists, shows, watches and cancels what is under way and what was done.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
final class EventCommand extends Group {
  private static final String PATH = "/machine-events";

  @Override
  Map<String, Supplier<Object>> commands() {
    var commands = new LinkedHashMap<String, Supplier<Object>>();
    commands.put("list", ListAll::new);
    commands.put("show", Show::new);
    commands.put("watch", Watch::new);
    commands.put("cancel", Cancel::new);
    return commands;
  }

  @Command(
      name = "list",
      description = "Lists the team's events, newest first.",
      mixinStandardHelpOptions = true)
  static final class ListAll extends ListCommand {
    @Mixin private final MachineOption machine = new MachineOption();

    @Override
    String path() {
      return PATH;
    }

    @Override
    Map<String, String> query(Api api) throws IOException {
      return machine.query(api);
    }

    @Override
    String[] headings() {
      return new String[] {"ID", "NAME", "STATE", "MACHINE", "CREATED", "FINISHED", "ERROR"};
    }

    @Override
    Object[] row(JsonNode item) {
      return new Object[] {
        text(item, "id"),
        text(item, "name"),
        text(item, "state"),
        text(item, "machineId"),
        text(item, "dtCreated"),
        text(item, "dtFinished"),
        text(item, "error")
      };
    }
  }

  @Command(name = "show", description = "Shows an event.", mixinStandardHelpOptions = true)
  static final class Show extends ShowCommand {
    @Parameters(paramLabel = "ID", description = "The event's id.")
    @SuppressWarnings("NullAway.Init")
    private String id;

    @Override
    Api.Answer ask(Api api) throws IOException {
      return api.get(PATH + "/" + Api.encode(id));
    }
  }

  @Command(
      name = "watch",
      description = "Shows how far an event is until it ends, and fails where it does.",
      mixinStandardHelpOptions = true)
  static final class Watch extends ApiCommand {
    @Parameters(paramLabel = "ID", description = "The event's id.")
    @SuppressWarnings("NullAway.Init")
    private String id;

    @Override
    int run(Api api) throws IOException {
      var event = new EventWatch(api, System.err).awaitEnd(Api.encode(id));
      if (isJson()) {
        System.out.println(event.text());
      }
      return EventWatch.exitStatus(event.json());
    }
  }

  @Command(
      name = "cancel",
      description = "Cancels an event that has not ended.",
      mixinStandardHelpOptions = true)
  static final class Cancel extends ShowCommand {
    @Parameters(paramLabel = "ID", description = "The event's id.")
    @SuppressWarnings("NullAway.Init")
    private String id;

    @Override
    Api.Answer ask(Api api) throws IOException {
      return api.post(PATH + "/" + Api.encode(id) + "/cancel", Map.of());
    }
  }
}
