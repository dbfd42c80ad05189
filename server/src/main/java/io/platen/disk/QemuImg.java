package io.platen.disk;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** What {@code qemu-img} says about a disk, after the disk's header was checked. */
public final class QemuImg {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int MAX_OUTPUT = 4 << 20; // of an image with thousands of snapshots
  private static final JsonMapper JSON = new JsonMapper();

  private QemuImg() {}

  /**
   * What QEMU makes of the disk.
   *
   * @param virtualSize in bytes, a multiple of 512
   * @param allocated what the file takes of its storage, in bytes
   */
  public record Info(String format, long virtualSize, long allocated) {}

  /**
   * Makes a machine's disk larger; one that has the size already is left as it is. QEMU's lock
   * keeps it from a disk that is in use.
   *
   * @param bytes the new size
   * @throws IOException where the disk is larger already, or can't be written
   */
  public static void grow(Disk.Machine disk, long bytes) throws IOException, InterruptedException {
    long size = disk.header().virtualSize();
    if (size > bytes) {
      throw new IOException(
          "the disk %s has %d bytes, and would be cut to %d".formatted(disk.path(), size, bytes));
    }
    if (size < bytes) {
      List<String> arguments =
          List.of("resize", "-q", "-f", "qcow2", disk.path().toString(), bytes + "");
      ChildProcess.run(new Command(Program.QEMU_IMG, arguments, Limits.changing(bytes), 0), LIMIT);
    }
  }

  /** Opens the disk's own image; the base image of a machine's disk is not looked at. */
  public static Info info(Disk disk) throws IOException, InterruptedException {
    disk.header();
    List<String> arguments = List.of("info", "--output=json", BlockNode.withoutBacking(disk));
    JsonNode json =
        JSON.readTree(
            ChildProcess.run(
                new Command(Program.QEMU_IMG, arguments, Limits.inspection(), MAX_OUTPUT), LIMIT));
    return new Info(
        json.path("format").asText(),
        json.path("virtual-size").asLong(),
        json.path("actual-size").asLong());
  }
}
