package io.platen.cli;

import io.platen.upkeep.CollectReport;
import io.platen.upkeep.Reports;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "gc",
    description = {
      "Frees what no template, machine or capture needs: indexes, chunks, and base images beyond the cache's limit.",
      "A server that runs on the data directory does the work; where there is none, this command does.",
      "It stops, before it removes anything, where it can't read an index that is needed."
    },
    mixinStandardHelpOptions = true)
final class GcCommand implements Callable<Integer> {
  @Mixin private final DataOption data = new DataOption();

  @Option(names = "--dry-run", description = "Only says what would be freed in the store.")
  private boolean dryRun;

  @Override
  public Integer call() throws Exception {
    try (var platen = data.openToWork()) {
      var request = platen.upkeep().collect(dryRun);
      print(Reports.read(UpkeepReport.await(platen, request, "collecting"), CollectReport.class));
      return 0;
    }
  }

  private static void print(CollectReport report) {
    String removed = report.dryRun() ? "would remove" : "removed";
    report
        .templates()
        .forEach(id -> System.out.printf("%s the index of the deleted template %s%n", removed, id));
    if (report.indexes() > report.templates().size()) {
      System.out.printf("%s %d indexes in all%n", removed, report.indexes());
    }
    System.out.printf("%s %d chunks, %s%n", removed, report.chunks(), Sizes.of(report.bytes()));
    if (!report.dryRun()) {
      System.out.printf(
          "removed %d base images, %s; %s are left in the cache%n",
          report.images(), Sizes.of(report.imageBytes()), Sizes.of(report.cacheBytes()));
    }
    System.out.printf("kept %d chunks of %d indexes%n", report.keptChunks(), report.keptIndexes());
    if (report.pinnedChunks() > 0) {
      System.out.printf(
          "kept %d chunks that a capture under way may need%n", report.pinnedChunks());
    }
    if (report.missingChunks() > 0) {
      System.out.printf(
          "%d chunks that are needed are missing: \"platen verify\" says which templates need them%n",
          report.missingChunks());
    }
  }
}
