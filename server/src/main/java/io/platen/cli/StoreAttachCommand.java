package io.platen.cli;

import io.platen.template.IndexListing;
import io.platen.upkeep.StoreAttachment;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "attach",
    description = {
      "Gives the store to the database, where the two say that they do not belong together.",
      "Captures, repairs and collections are refused until they do. To be used where the database that had the store is lost for good, or an older one was put back on purpose.",
      "Nothing is removed: what the store holds and the database does not know stays, and collections wait until it is recovered or moved away."
    },
    mixinStandardHelpOptions = true)
final class StoreAttachCommand implements Callable<Integer> {
  @Mixin private final DataOption data = new DataOption();

  @Option(names = "--yes", description = "Does it without a question.")
  private boolean yes;

  @Override
  public Integer call() throws Exception {
    try (var platen = data.openToWork()) {
      var attachment = platen.storeAttachment();
      var sides = attachment.look();
      show(System.err, platen.site().place(), platen.config().shownDatabase(), sides);
      if (sides.areSettled()) {
        System.err.println("They belong together already; nothing was changed.");
        return 0;
      }
      if (!Question.ask("Is this database right, and the store to be its own?", yes)) {
        System.err.println("Nothing was changed.");
        return 1;
      }
      var file = attachment.attach();
      SharedWork.tellStore(platen);
      System.err.printf(
          "The store in %s is that of %s from now on.%n",
          platen.site().place(), platen.config().shownDatabase());
      System.out.println(file.id());
      return 0;
    }
  }

  private static void show(
      PrintStream out, String place, String database, StoreAttachment.Sides sides) {
    var says = sides.says();
    var listing = sides.listing();
    var file = says.file();
    out.printf("store     %s%n", place);
    out.printf(
        "  says    %s%n",
        file != null
            ? "it is %s, of %s, since %s".formatted(file.id(), file.shown(), file.since())
            : says.unreadable() != null ? says.unreadable() : "nothing");
    out.printf("  holds   %d indexes%n", listing.indexes());
    show(out, "that this database has never known", listing.unknown());
    show(out, "without a manifest, that this database has never known", listing.leftovers());
    show(out, "with changes that this database does not know", listing.newer());
    show(out, "with a manifest of a newer version of Platen", listing.later());
    out.printf("database  %s%n", database);
    out.printf(
        "  says    %s%n",
        says.knownStore() == null
            ? "nothing of a store"
            : "its store is %s".formatted(says.knownStore()));
    out.printf("  has     %d templates and snapshots%n", sides.templates());
  }

  private static void show(PrintStream out, String what, IndexListing.Named indexes) {
    if (indexes.count() > 0) {
      out.printf("          %d %s: %s%n", indexes.count(), what, indexes.words());
    }
  }
}
