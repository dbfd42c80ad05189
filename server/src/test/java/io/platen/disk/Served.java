package io.platen.disk;

import io.platen.process.RunDirectory;
import java.io.Closeable;
import java.io.IOException;

/** A disk that is open, and served from what is open. */
record Served(OpenDisk disk, QemuNbd nbd) implements Closeable {
  static Served open(Disk disk, RunDirectory run, int connections)
      throws IOException, InterruptedException {
    OpenDisk open = OpenDisk.open(disk);
    try {
      return new Served(open, QemuNbd.open(open, run, connections));
    } catch (IOException | InterruptedException e) {
      open.close();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    try (disk) {
      nbd.close();
    }
  }
}
