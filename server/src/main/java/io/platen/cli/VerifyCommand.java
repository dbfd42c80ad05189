package io.platen.cli;

import io.platen.app.Platen;
import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.Pace;
import io.platen.chunkstore.Workspaces;
import io.platen.client.ProgressBar;
import io.platen.launch.OtherStores;
import io.platen.template.OtherCopies;
import io.platen.upkeep.DamageNotice;
import io.platen.upkeep.Reports;
import io.platen.upkeep.Verification;
import io.platen.upkeep.VerifyReport;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "verify",
    description = {
      "Reads every chunk of every template, or of one, and says which are missing or corrupt and which templates they damage.",
      "Exit status 1 where any is. It changes nothing, unless it is asked to repair."
    },
    mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {
  private static final int THREADS = Runtime.getRuntime().availableProcessors();

  @Mixin private final DataOption data = new DataOption();

  @Parameters(
      arity = "0..1",
      paramLabel = "TEMPLATE",
      description = "The id of a template (default: all of them).")
  private @Nullable String template;

  @Option(
      names = "--repair",
      description = {
        "Sets bad chunks aside, fetches what is lost from other regions' stores that have the same templates,",
        "and marks those that stay damaged, so that they can't be launched. The next capture that holds the same data",
        "makes them whole again. A server that runs on the data directory does the work; where there is none, this",
        "command does."
      })
  private boolean repair;

  @Override
  public Integer call() throws Exception {
    try (var platen = repair ? data.openToWork() : data.open()) {
      var report = repair ? repair(platen) : verify(platen);
      print(report);
      if (!repair) {
        printCopies(report, platen.otherCopies());
        new DamageNotice(platen.outbox()).tell("verify", report);
      }
      if (platen.storeMatch().isForeign()) {
        // Of another database's store this one names none of the templates, and all of none are
        // whole.
        System.err.printf(
            "platen: only what this database knows of was read: %s%n",
            platen.storeMatch().objection().orElse("the store is another database's"));
        return 1;
      }
      return report.sound() ? 0 : 1;
    }
  }

  private VerifyReport repair(Platen platen) throws Exception {
    var request = platen.upkeep().repair(template);
    return Reports.read(UpkeepReport.await(platen, request, "verifying"), VerifyReport.class);
  }

  private VerifyReport verify(Platen platen) throws IOException {
    var bar = new ProgressBar(System.err, "verifying");
    // Reading takes no part in what the server does, so it need not be asked.
    try (var workspaces = new Workspaces(THREADS)) {
      return new Verification(
              platen.needed(), platen.site().chunks(), workspaces, THREADS, Pace.unlimited())
          .verify(template, done -> bar.showPart(done, Verification.TOTAL), new Cancellation());
    } finally {
      bar.finish();
    }
  }

  private static void printCopies(VerifyReport report, OtherCopies copies) {
    for (var damaged : report.damaged()) {
      var stores = copies.of(damaged.template()).stream().map(OtherStores.Source::name).toList();
      if (!stores.isEmpty()) {
        System.out.printf(
            "%s is in %s, too: \"platen verify %s --repair\" fetches what is lost from there%n",
            damaged.template(), stores(stores), damaged.template());
      }
    }
  }

  private static String stores(List<String> names) {
    return (names.size() == 1 ? "the store " : "the stores ") + String.join(", ", names);
  }

  private static void print(VerifyReport.MendedTemplate mended) {
    System.out.printf(
        "%s: fetched %d chunks, %s,%s from %s%n",
        mended.template(),
        mended.chunks(),
        Sizes.of(mended.bytes()),
        mended.index() ? " and its index" : "",
        stores(mended.from()));
    if (mended.problem() != null) {
      System.out.printf("%s: not all of it: %s%n", mended.template(), mended.problem());
    }
  }

  private void print(VerifyReport report) {
    report.bad().forEach(chunk -> System.out.println(chunk.what()));
    if (!report.sound() && report.badChunks() > report.bad().size()) {
      System.out.printf("%d chunks are bad in all%n", report.badChunks());
    }
    for (var damaged : report.damaged()) {
      String name = damaged.team() == null ? "OS template" : "team " + damaged.team();
      System.out.printf(
          "%s (%s, %s%s) is damaged: %s%n",
          damaged.template(),
          damaged.name(),
          name,
          damaged.deleted() ? ", deleted, but it can be undeleted or a machine stands on it" : "",
          damaged.chunk() == null
              ? damaged.what()
              : damaged.badChunks() + " of its chunks are bad");
    }
    report.mended().forEach(VerifyCommand::print);
    report.healed().forEach(id -> System.out.printf("%s is whole again%n", id));
    if (repair) {
      System.out.printf("set %d chunks aside%n", report.setAside());
      if (report.kept() > 0) {
        System.out.printf(
            "left %d bad chunks in place, which a capture under way may need or which can't be read for another reason; repair again later%n",
            report.kept());
      }
    }
    System.out.printf(
        "read %d chunks, %s, of %d templates: %s%n",
        report.chunks(),
        Sizes.of(report.bytes()),
        report.indexes(),
        report.sound() ? "all are whole" : report.damaged().size() + " are damaged");
  }
}
