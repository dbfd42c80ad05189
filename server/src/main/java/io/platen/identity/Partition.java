package io.platen.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.platen.process.Limits;
import io.platen.process.Program;
import io.platen.process.TimedWork;
import io.platen.process.ToolFailed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A range of a disk that may hold a file system, in bytes.
 *
 * @param offset from the beginning of the disk
 */
record Partition(long offset, long length) {
  static final Program SFDISK =
      new Program(
          "sfdisk", "fdisk", "Fedora and RHEL: util-linux; Arch: util-linux; Alpine: sfdisk");
  private static final int OUTPUT = 1 << 20;

  /**
   * The partitions of a disk; the whole of it where it has none.
   *
   * @param size of the disk, in bytes
   */
  static List<Partition> of(Sandbox disk, long size, TimedWork work)
      throws IOException, InterruptedException {
    byte[] output;
    try {
      output =
          work.run(
              disk.command(SFDISK, List.of("--json", Sandbox.DISK), Limits.inspection(), OUTPUT));
    } catch (ToolFailed e) {
      return List.of(new Partition(0, size));
    }
    JsonNode table = new JsonMapper().readTree(output).path("partitiontable");
    long sector = table.path("sectorsize").asLong(512);
    var partitions = new ArrayList<Partition>();
    for (var partition : table.path("partitions")) {
      partitions.add(
          new Partition(
              partition.path("start").asLong() * sector, partition.path("size").asLong() * sector));
    }
    partitions.removeIf(partition -> !partition.isWithin(size));
    return List.copyOf(partitions);
  }

  private boolean isWithin(long size) {
    return offset >= 0 && length > 0 && offset <= size - length;
  }
}
