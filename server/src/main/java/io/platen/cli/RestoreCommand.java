package io.platen.cli;

import io.platen.backup.Restore;
import io.platen.client.Table;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "restore",
    description = {
      "Makes the database, which has to be missing or empty, of a dump.",
      "It says first what it will do. What was under way when the dump was made ends with an error.",
      "What was made since then is in no dump: \"platen machine recover\" takes on machines."
    },
    mixinStandardHelpOptions = true)
final class RestoreCommand implements Callable<Integer> {
  @Mixin private final DataOption data = new DataOption();

  @Option(
      names = "--from",
      paramLabel = "DUMP",
      description = "A dump's path, or its name in the store (default: the newest one there).")
  private @Nullable String from;

  @Option(names = "--yes", description = "Does it without asking.")
  private boolean yes;

  @Override
  public Integer call() throws Exception {
    var config = data.read(null, null);
    try (var restore = Restore.prepare(config, from, InstantSource.system())) {
      var header = restore.dump().header();
      System.err.printf(
          "%s is the dump of %s, made %s.%n", restore.place(), header.database(), header.made());
      System.err.printf("Its rows go into %s, which is empty:%n", config.shownDatabase());
      var table = new Table("TABLE", "ROWS");
      restore.dump().rows().forEach(table::row);
      table.print(System.err);
      if (!Question.ask("Restore it?", yes)) {
        System.err.println("Nothing was changed.");
        return 1;
      }
      print(restore, restore.run());
      return 0;
    }
  }

  private static void print(Restore restore, Restore.Restored restored) {
    var table = new Table("TABLE", "IN THE DUMP", "RESTORED");
    restore
        .dump()
        .rows()
        .forEach((name, rows) -> table.row(name, rows, restored.rows().getOrDefault(name, 0L)));
    table.print(System.out);
    var settled = restored.settled();
    if (settled.events() > 0) {
      System.err.printf(
          "%d events were under way when the dump was made, and have ended with an error%n",
          settled.events());
    }
    leftOut("templates that were being captured", settled.templates());
    leftOut("machines that were being launched", settled.machines());
    System.err.println(
        "API keys that were revoked since the dump are valid again: revoke them (\"platen key list\").");
  }

  private static void leftOut(String what, List<String> ids) {
    if (!ids.isEmpty()) {
      System.err.printf(
          "left out, since it is not known whether they were finished: %d %s (%s)%n",
          ids.size(), what, String.join(", ", ids));
    }
  }
}
