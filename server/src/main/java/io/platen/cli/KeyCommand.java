package io.platen.cli;

import io.platen.client.ExitStatus;
import io.platen.client.Table;
import io.platen.team.TeamService;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "key",
    description = "Makes, lists and revokes API keys.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {KeyCommand.Create.class, KeyCommand.ListAll.class, KeyCommand.Revoke.class})
final class KeyCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "Name what to do: create, list or revoke.");
  }

  @Command(
      name = "create",
      description = "Makes a key and prints it; it can't be shown again.",
      mixinStandardHelpOptions = true)
  static final class Create implements Callable<Integer> {
    @Mixin private final DataOption data = new DataOption();

    @Option(
        names = "--team",
        paramLabel = "NAME",
        description = "The team it is for, made if there is none (default: ${DEFAULT-VALUE}).")
    private String team = TeamService.DEFAULT_TEAM;

    @Option(names = "--name", paramLabel = "TEXT", description = "What it is for.")
    private String name = "";

    @Option(names = "--read-only", description = "It may only read.")
    private boolean readOnly;

    @Override
    public Integer call() throws Exception {
      try (var platen = data.openOrMake()) {
        var created = platen.teams().createKey(team, name, readOnly);
        System.err.printf("key %s for the team %s%n", created.key().id(), created.key().teamName());
        System.out.println(created.secret());
        return 0;
      }
    }
  }

  @Command(name = "list", description = "Lists all keys.", mixinStandardHelpOptions = true)
  static final class ListAll implements Callable<Integer> {
    @Mixin private final DataOption data = new DataOption();

    @Override
    public Integer call() throws Exception {
      try (var platen = data.open()) {
        var table = new Table("ID", "TEAM", "ACCESS", "CREATED", "REVOKED", "NAME");
        for (var key : platen.teams().keys()) {
          table.row(
              key.id(),
              key.teamName(),
              key.readOnly() ? "read-only" : "full",
              key.dtCreated(),
              key.dtRevoked() == null ? "-" : key.dtRevoked(),
              key.name());
        }
        table.print(System.out);
        return 0;
      }
    }
  }

  @Command(
      name = "revoke",
      description = "Makes a key useless from now on.",
      mixinStandardHelpOptions = true)
  static final class Revoke implements Callable<Integer> {
    @Mixin private final DataOption data = new DataOption();

    @Parameters(paramLabel = "ID", description = "The key's id, as key list shows it.")
    @SuppressWarnings("NullAway.Init")
    private String id;

    @Override
    public Integer call() throws Exception {
      try (var platen = data.open()) {
        if (!platen.teams().revokeKey(id)) {
          System.err.printf(
              "platen: there is no key with the id %s that is not revoked yet; see: platen key list%n",
              id);
          return ExitStatus.NOT_FOUND;
        }
        System.err.println("revoked " + id);
        return 0;
      }
    }
  }
}
