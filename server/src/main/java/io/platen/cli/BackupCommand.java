package io.platen.cli;

import io.platen.backup.Backup;
import io.platen.client.Table;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "backup",
    description = {
      "Dumps the database into the store, where \"platen restore\" finds it, and prints the dump's path.",
      "A server does that by itself once a day. It makes no difference whether one runs.",
      "Disks and templates are not in a dump: docs/operations.md says what else to copy."
    },
    mixinStandardHelpOptions = true)
final class BackupCommand implements Callable<Integer> {
  @Mixin private final DataOption data = new DataOption();

  @Override
  public Integer call() throws Exception {
    var made = Backup.run(data.read(null, null), InstantSource.system());
    var table = new Table("TABLE", "ROWS");
    made.summary().rows().forEach(table::row);
    table.print(System.err);
    System.err.printf("%s, as of %s%n", Sizes.of(made.bytes()), made.summary().header().made());
    System.out.println(made.place());
    return 0;
  }
}
