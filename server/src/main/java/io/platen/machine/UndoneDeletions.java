package io.platen.machine;

import io.platen.config.DataDirectory;
import io.platen.node.OwnFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Which deletions of machines were undone, in a file beside each machine's disk. An older database
 * that is put back records such a deletion again, and nothing is removed for it.
 */
public final class UndoneDeletions {
  private final DataDirectory data;

  public UndoneDeletions(DataDirectory data) {
    this.data = data;
  }

  /**
   * Notes, durably, that a deletion no longer counts.
   *
   * @param deleted when the machine was deleted, which tells this deletion from a later one
   */
  void note(String machineId, Instant deleted) throws IOException {
    var all = new ArrayList<>(undone(machineId));
    all.add(line(deleted));
    OwnFile.write(data.machineUndeleted(machineId), String.join("\n", all) + "\n");
  }

  /** Whether the deletion of this time was undone. */
  boolean isUndone(String machineId, Instant deleted) throws IOException {
    return undone(machineId).contains(line(deleted));
  }

  private List<String> undone(String machineId) throws IOException {
    Path file = data.machineUndeleted(machineId);
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  private static String line(Instant deleted) {
    return Long.toString(deleted.toEpochMilli());
  }
}
