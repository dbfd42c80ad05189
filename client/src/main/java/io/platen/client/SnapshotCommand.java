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
    name = "snapshot",
    description = "Makes, lists, restores and deletes snapshots of machines.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      SnapshotCommand.Create.class,
      SnapshotCommand.ListAll.class,
      SnapshotCommand.Show.class,
      SnapshotCommand.Rename.class,
      SnapshotCommand.Restore.class,
      SnapshotCommand.Delete.class
    })
final class SnapshotCommand extends Group {
  private static final String PATH = "/snapshots";

  @Command(
      name = "create",
      description = "Makes a snapshot of a machine's disk.",
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
        description = "The snapshot's name.")
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
      description = "Lists the team's snapshots, newest first.",
      mixinStandardHelpOptions = true)
  static final class ListAll extends ListCommand {
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
      return machine == null ? Map.of() : Map.of("machineId", new Find(api).machineId(machine));
    }

    @Override
    String[] headings() {
      return new String[] {"ID", "MACHINE", "AUTOMATIC", "NAME"};
    }

    @Override
    Object[] row(JsonNode item) {
      return new Object[] {
        text(item, "id"),
        text(item, "machineId"),
        item.path("isAutoSnapshot").asBoolean() ? "yes" : "no",
        text(item, "name")
      };
    }
  }

  @Command(name = "show", description = "Shows a snapshot.", mixinStandardHelpOptions = true)
  static final class Show extends ShowCommand {
    @Parameters(paramLabel = "SNAPSHOT", description = "Its id or name.")
    @SuppressWarnings("NullAway.Init")
    private String snapshot;

    @Override
    Api.Answer ask(Api api) throws IOException {
      return api.get(PATH + "/" + new Find(api).snapshot(snapshot).path("id").asText());
    }
  }

  @Command(
      name = "rename",
      description = "Gives a snapshot another name.",
      mixinStandardHelpOptions = true)
  static final class Rename extends ShowCommand {
    @Parameters(index = "0", paramLabel = "SNAPSHOT", description = "Its id or name.")
    @SuppressWarnings("NullAway.Init")
    private String snapshot;

    @Parameters(index = "1", paramLabel = "NAME", description = "Its new name.")
    @SuppressWarnings("NullAway.Init")
    private String name;

    @Override
    Api.Answer ask(Api api) throws IOException {
      String id = new Find(api).snapshot(snapshot).path("id").asText();
      return api.put(PATH + "/" + id, Map.of("name", name));
    }
  }

  /** Work on one snapshot that is there. */
  abstract static class OnSnapshot extends WorkCommand {
    @Parameters(paramLabel = "SNAPSHOT", description = "Its id or name.")
    @SuppressWarnings("NullAway.Init")
    private String snapshot;

    abstract Api.Answer begin(Api api, String id) throws IOException;

    @Override
    final Api.Answer begin(Api api) throws IOException {
      return begin(api, new Find(api).snapshot(snapshot).path("id").asText());
    }
  }

  @Command(
      name = "restore",
      description = "Gives the snapshot's machine the disk that it had then.",
      mixinStandardHelpOptions = true)
  static final class Restore extends OnSnapshot {
    @Option(
        names = "--snapshot-first",
        description = "Makes a snapshot of the disk as it is now before.")
    private boolean snapshotFirst;

    @Override
    Api.Answer begin(Api api, String id) throws IOException {
      var body = new HashMap<String, Object>();
      if (snapshotFirst) {
        body.put("createSnapshotBeforeRestore", true);
      }
      return api.post(PATH + "/" + id + "/restore", body);
    }
  }

  @Command(name = "delete", description = "Deletes a snapshot.", mixinStandardHelpOptions = true)
  static final class Delete extends OnSnapshot {
    @Override
    Api.Answer begin(Api api, String id) throws IOException {
      return api.delete(PATH + "/" + id);
    }
  }
}
