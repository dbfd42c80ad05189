package io.platen.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.platen.disk.ChildProcess;
import io.platen.disk.Command;
import io.platen.disk.Limits;
import io.platen.disk.Program;
import io.platen.disk.ToolFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int OUTPUT = 1 << 20;

  /** The partitions of a raw image; the whole of it where it has none. */
  static List<Partition> of(Path image) throws IOException, InterruptedException {
    byte[] output;
    try {
      output =
          ChildProcess.run(
              new Command(SFDISK, List.of("--json", image.toString()), Limits.inspection(), OUTPUT),
              LIMIT);
    } catch (ToolFailed e) {
      return List.of(new Partition(0, Files.size(image)));
    }
    JsonNode table = new JsonMapper().readTree(output).path("partitiontable");
    long sector = table.path("sectorsize").asLong(512);
    var partitions = new ArrayList<Partition>();
    for (var partition : table.path("partitions")) {
      partitions.add(
          new Partition(
              partition.path("start").asLong() * sector, partition.path("size").asLong() * sector));
    }
    return List.copyOf(partitions);
  }
}
