package io.platen.launch;

import io.platen.config.DataDirectory;
import io.platen.disk.DiskUse;
import io.platen.disk.QcowOverlay;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * The files of a restore: a new disk that is made beside the machine's, takes its place, and gives
 * it back where it does not start. The machine has a whole disk under its usual name at any moment,
 * and every step can be repeated.
 *
 * <pre>
 *             disk.qcow2   disk.restored.qcow2   disk.former.qcow2
 * made        old          new                   -
 * swapped     new          -                     old
 * undone      old          -                     -
 * dropped     new          -                     -
 * </pre>
 */
public final class RestoredDisk {
  private final DataDirectory data;

  public RestoredDisk(DataDirectory data) {
    this.data = data;
  }

  /**
   * Makes the new disk, complete and durable. Of an earlier restore nothing is kept any more.
   *
   * @param image the base image that it stands on
   * @param diskBytes the size of the disk, at least that of the image
   */
  public void make(String machineId, Path image, long diskBytes) throws IOException {
    Path made = data.machineRestoredDisk(machineId);
    Files.deleteIfExists(made);
    Files.deleteIfExists(data.machineFormerDisk(machineId));
    Path directory = data.machine(machineId);
    // Durably: what is linked to the name of the kept disk later has to be this machine's disk.
    sync(directory);
    QcowOverlay.create(made, image, directory.relativize(image).toString(), diskBytes);
  }

  /**
   * Puts the new disk, once it is made, in the place of the old one, which is kept.
   *
   * @throws io.platen.disk.DiskLocked where a program has the disk open for writing
   */
  public void swap(String machineId) throws IOException {
    Path made = data.machineRestoredDisk(machineId);
    Path former = data.machineFormerDisk(machineId);
    Path disk = data.machineDisk(machineId);
    if (Files.exists(made)) {
      DiskUse.requireUnused(disk);
      if (!Files.exists(former)) {
        Files.createLink(former, disk);
      }
      Files.move(made, disk, StandardCopyOption.ATOMIC_MOVE);
    }
    sync(data.machine(machineId));
  }

  /** Whether a new disk that was made has taken the place of the old one, which is kept. */
  public boolean isSwapped(String machineId) {
    return !Files.exists(data.machineRestoredDisk(machineId))
        && Files.exists(data.machineFormerDisk(machineId));
  }

  /**
   * Puts the old disk back; what the new one holds is lost.
   *
   * @throws io.platen.disk.DiskLocked where a program has the new one open for writing
   */
  public void undo(String machineId) throws IOException {
    Path former = data.machineFormerDisk(machineId);
    if (Files.exists(former)) {
      Path disk = data.machineDisk(machineId);
      DiskUse.requireUnused(disk);
      Files.move(former, disk, StandardCopyOption.ATOMIC_MOVE);
      sync(data.machine(machineId));
    }
  }

  /** Removes a new disk that was made and has not taken the place of the old one. */
  public void discard(String machineId) throws IOException {
    Path made = data.machineRestoredDisk(machineId);
    if (Files.exists(made)) {
      // First this one, which may be a second name of the machine's disk: see isSwapped.
      Files.deleteIfExists(data.machineFormerDisk(machineId));
      Files.delete(made);
    }
  }

  /** Removes the old disk: the new one has run. */
  public void drop(String machineId) throws IOException {
    Files.deleteIfExists(data.machineFormerDisk(machineId));
  }

  private static void sync(Path directory) throws IOException {
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
