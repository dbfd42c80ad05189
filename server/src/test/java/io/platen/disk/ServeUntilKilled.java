package io.platen.disk;

import io.platen.process.RunDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** A process of its own for the tests: serves a disk until it is killed. */
final class ServeUntilKilled {
  private ServeUntilKilled() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Served served =
        Served.open(
            new Disk.Adopted(Path.of(args[0]), DiskFormat.RAW),
            RunDirectory.open(Path.of(args[1])),
            1);
    System.out.println(served.nbd().pid());
    System.out.flush();
    Thread.sleep(Duration.ofMinutes(10));
  }
}
