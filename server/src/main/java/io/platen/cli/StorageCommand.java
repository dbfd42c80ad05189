package io.platen.cli;

import io.platen.app.Platen;
import io.platen.chunkstore.Cancellation;
import io.platen.client.Table;
import io.platen.upkeep.Storage;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "storage",
    description = {
      "Tells what each template takes in the store, what of that it shares with others, and what purging it would free;",
      "and what those of each team take together."
    },
    mixinStandardHelpOptions = true)
final class StorageCommand implements Callable<Integer> {
  @Mixin private final DataOption data = new DataOption();

  @Override
  public Integer call() throws Exception {
    try (var platen = data.open()) {
      var cancellation = new Cancellation();
      var after = Optional.of("");
      while (after.isPresent()) {
        var batch = platen.storage().batch(after.get(), cancellation);
        print(batch);
        after = batch.end();
      }
      System.out.println();
      print(platen.storage().teams(cancellation));
      printWaiting(platen, cancellation);
      System.err.println(
          "FREED is what purging the template frees: nothing while a machine stands on it.");
      return 0;
    }
  }

  private static void print(Storage.Batch batch) {
    var table =
        new Table(
            "ID", "TEAM", "LOGICAL", "DATA", "STORED", "SHARED", "EXCLUSIVE", "FREED", "NAME");
    for (var template : batch.templates().values()) {
      var usage = template.usage();
      table.row(
          template.id(),
          team(template.team()),
          Sizes.of(usage.virtualBytes()),
          Sizes.of(usage.dataBytes()),
          Sizes.of(usage.storedBytes()),
          Sizes.of(usage.storedBytes() - usage.exclusiveBytes()),
          Sizes.of(usage.exclusiveBytes()),
          Sizes.of(template.freedByPurging()),
          template.name());
    }
    table.print(System.out);
  }

  private static void print(Storage.Teams teams) {
    var table = new Table("TEAM", "LOGICAL", "STORED", "SHARED WITH OTHERS", "EXCLUSIVE", "CHUNKS");
    for (var sum : teams.teams()) {
      var usage = sum.usage();
      table.row(
          team(sum.team()),
          Sizes.of(usage.virtualBytes()),
          Sizes.of(usage.storedBytes()),
          Sizes.of(usage.storedBytes() - usage.exclusiveBytes()),
          Sizes.of(usage.exclusiveBytes()),
          usage.chunks());
    }
    table.row("(all)", "", Sizes.of(teams.storedBytes()), "", "", teams.storedChunks());
    table.print(System.out);
  }

  private static void printWaiting(Platen platen, Cancellation cancellation) throws IOException {
    var waiting = platen.purgeable().waiting();
    if (waiting.isEmpty()) {
      return;
    }
    var undeletable = platen.config().upkeep().undeletable();
    long count = waiting.get().count();
    System.out.println();
    System.out.printf(
        "%s deleted and can still be undeleted; purging %s frees %s. %s%n",
        count == 1
            ? "1 template or snapshot is"
            : "%d templates and snapshots are".formatted(count),
        count == 1 ? "it" : "them",
        Sizes.of(platen.purgeable().bytes(cancellation)),
        when(
            waiting.get().firstDeleted().plus(undeletable),
            waiting.get().lastDeleted().plus(undeletable)));
  }

  private static String when(Instant first, Instant last) {
    return first.equals(last)
        ? "That happens by itself at %s.".formatted(first)
        : "That happens by itself from %s to %s.".formatted(first, last);
  }

  private static String team(@Nullable String name) {
    return name == null ? "(OS templates)" : name;
  }
}
