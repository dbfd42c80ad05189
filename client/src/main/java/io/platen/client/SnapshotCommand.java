package io.platen.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "snapshot",
    description = "Makes, lists, restores, deletes and undeletes snapshots of machines.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
final class SnapshotCommand extends Group {
  @Override
  Map<String, Supplier<Object>> commands() {
    var commands = new LinkedHashMap<String, Supplier<Object>>();
    commands.put("create", Create::new);
    commands.put("list", ListAll::new);
    commands.put("show", Show::new);
    commands.put("rename", Rename::new);
    commands.put("restore", Restore::new);
    commands.put("delete", Delete::new);
    commands.put("undelete", Undelete::new);
    commands.put("purge", Purge::new);
    return commands;
  }

  @Command(
      name = "create",
      description = "Makes a snapshot of a machine's disk.",
      mixinStandardHelpOptions = true)
  static final class Create extends CaptureCommand {
    @Override
    String path() {
      return Kind.SNAPSHOT.path();
    }
  }

  @Command(
      name = "list",
      description = "Lists the team's snapshots, newest first.",
      mixinStandardHelpOptions = true)
  static final class ListAll extends ListCommand {
    @Option(names = "--deleted", description = "Those that are deleted and can be undeleted.")
    private boolean deleted;

    @Mixin private final MachineOption machine = new MachineOption();

    @Override
    String path() {
      return Kind.SNAPSHOT.path();
    }

    @Override
    Map<String, String> query(Api api) throws IOException {
      var query = new HashMap<>(machine.query(api));
      if (deleted) {
        query.put("deleted", "true");
      }
      return query;
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
  static final class Show extends ShowObject {
    Show() {
      super(Kind.SNAPSHOT);
    }
  }

  @Command(
      name = "rename",
      description = "Gives a snapshot another name.",
      mixinStandardHelpOptions = true)
  static final class Rename extends RenameObject {
    Rename() {
      super(Kind.SNAPSHOT);
    }
  }

  @Command(
      name = "restore",
      description = "Gives the snapshot's machine the disk that it had then.",
      mixinStandardHelpOptions = true)
  static final class Restore extends WorkOnObject {
    @Option(
        names = "--snapshot-first",
        description = "Makes a snapshot of the disk as it is now before.")
    private boolean snapshotFirst;

    Restore() {
      super(Kind.SNAPSHOT);
    }

    @Override
    Api.Answer begin(Api api, String path) throws IOException {
      var body = new HashMap<String, Object>();
      if (snapshotFirst) {
        body.put("createSnapshotBeforeRestore", true);
      }
      return api.post(path + "/restore", body);
    }
  }

  @Command(
      name = "delete",
      description = {
        "Deletes a snapshot.",
        "It can be undeleted for some days, which the server's setting undeleteDays says."
      },
      mixinStandardHelpOptions = true)
  static final class Delete extends WorkOnObject {
    Delete() {
      super(Kind.SNAPSHOT);
    }

    @Override
    Api.Answer begin(Api api, String path) throws IOException {
      return api.delete(path);
    }
  }

  @Command(
      name = "undelete",
      description = {
        "Brings back a snapshot that was deleted, by itself or with its machine; list --deleted shows which can be.",
        "The machine does not come back: another one can be launched from the snapshot."
      },
      mixinStandardHelpOptions = true)
  static final class Undelete extends UndeleteObject {
    Undelete() {
      super(Kind.SNAPSHOT);
    }
  }

  @Command(
      name = "purge",
      description =
          "Deletes a snapshot for good: it can't be undeleted. One that is deleted already may be named.",
      mixinStandardHelpOptions = true)
  static final class Purge extends WorkCommand {
    @Parameters(paramLabel = "ID|NAME", description = "Its id or name.")
    @SuppressWarnings("NullAway.Init")
    private String object;

    @Override
    Api.Answer begin(Api api) throws IOException {
      return api.delete(new Find(api).anyPath(Kind.SNAPSHOT, object) + "?purge=true");
    }
  }
}
