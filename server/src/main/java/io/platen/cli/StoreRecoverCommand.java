package io.platen.cli;

import io.platen.backup.Findings;
import io.platen.backup.StoreRecovery;
import io.platen.client.Table;
import io.platen.template.TemplateRecovery.Kind;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "recover",
    description = {
      "Makes the database again of the store: of its newest dump, then of what the manifests beside the templates tell since.",
      "It says first what it will do. What was deleted stays deleted. Templates of teams that the dump does not know are kept apart until you confirm the team.",
      "An older database that was put back stays, and follows the manifests.",
      "No server may run on the data directory."
    },
    mixinStandardHelpOptions = true)
final class StoreRecoverCommand implements Callable<Integer> {
  private static final Map<Kind, String> WORDS = new LinkedHashMap<>();

  static {
    WORDS.put(Kind.KNOWN, "stay as they are");
    WORDS.put(Kind.ADDED, "come back: captured since");
    WORDS.put(Kind.CHANGED, "change: renamed or protected since");
    WORDS.put(Kind.DELETED, "are deleted: so since");
    WORDS.put(Kind.UNDELETED, "are undeleted: so since");
    WORDS.put(Kind.COPIED, "are copies of another store's, known again");
    WORDS.put(Kind.DAMAGED, "are marked as damaged");
    WORDS.put(Kind.APART, "are kept apart: their owner is not confirmed");
    WORDS.put(Kind.REFUSED, "are left out: their manifest can't be used");
  }

  @Mixin private final DataOption data = new DataOption();

  @Option(
      names = "--from",
      paramLabel = "DUMP",
      description = "A dump's path, or its name in the store (default: the newest one there).")
  private @Nullable String from;

  @Option(names = "--without-dump", description = "Uses the manifests alone.")
  private boolean withoutDump;

  @Option(
      names = "--confirm-team",
      paramLabel = "TEAM",
      description =
          "Takes on templates of this team (its name or id), which the database does not know.")
  private Set<String> teams = new LinkedHashSet<>();

  @Option(
      names = "--confirm-os-templates",
      description =
          "Takes on OS templates, which belong to everybody, that the database does not know.")
  private boolean osTemplates;

  @Option(names = "--dry-run", description = "Only says what it would do.")
  private boolean dryRun;

  @Option(names = "--yes", description = "Does it without asking.")
  private boolean yes;

  @Override
  public Integer call() throws Exception {
    var options = new StoreRecovery.Options(from, withoutDump, teams, osTemplates);
    try (var recovery =
        StoreRecovery.prepare(data.read(null, null), options, InstantSource.system())) {
      System.err.println(recovery.base() + ".");
      if (dryRun || !yes) {
        show(recovery.plan().found());
      }
      if (dryRun) {
        return 0;
      }
      if (!Question.ask("Recover it?", yes)) {
        System.err.println("Nothing was changed.");
        return 1;
      }
      var done = recovery.run();
      if (yes) {
        show(done.found());
      }
      var settled = done.settled();
      if (settled != null && settled.events() > 0) {
        System.err.printf(
            "%d events were under way when the dump was made, and have ended with an error%n",
            settled.events());
      }
      System.err.println(
          "Done: the store belongs to this database. API keys that were revoked since the dump are valid again: revoke them (\"platen key list\"). Machines that the database does not know: \"platen machine recover\".");
      return 0;
    }
  }

  private static void show(Findings found) {
    var table = new Table("TEMPLATES", "WHAT");
    WORDS.forEach((kind, words) -> table.row(found.count(kind), words));
    table.print(System.out);
    WORDS.keySet().stream().filter(kind -> kind != Kind.KNOWN).forEach(kind -> show(found, kind));
    found
        .teamsConfirmed()
        .forEach(
            team ->
                System.out.printf(
                    "the team %s is taken on: make a key for it (\"platen key create --team\")%n",
                    team));
    found
        .teamsApart()
        .forEach(
            (team, count) ->
                System.out.printf(
                    "kept apart: %d of the team %s; --confirm-team %s takes them on%n",
                    count, printable(team.name()), team.id()));
    if (found.osTemplatesApart() > 0) {
      System.out.printf(
          "kept apart: %d OS templates; --confirm-os-templates takes them on%n",
          found.osTemplatesApart());
    }
  }

  private static void show(Findings found, Kind kind) {
    var named = found.examples(kind);
    if (named.isEmpty()) {
      return;
    }
    System.out.printf("%s:%n", WORDS.get(kind));
    named.forEach(each -> System.out.printf("  %s  %s%n", each.id(), printable(each.words())));
    long more = found.count(kind) - named.size();
    if (more > 0) {
      System.out.printf("  and %d more%n", more);
    }
  }

  /** Whoever wrote a manifest may have meant it for the operator's terminal. */
  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
  }
}
