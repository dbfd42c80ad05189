package io.platen.launch;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ProgressListener;
import io.platen.config.DataDirectory;
import io.platen.disk.DiskUse;
import io.platen.disk.QcowOverlay;
import io.platen.linux.OwnerOnly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Makes the disk of a machine: an overlay over the base image of its template. */
public final class Launch {
  private final DataDirectory data;
  private final BaseImages baseImages;

  public Launch(DataDirectory data, BaseImages baseImages) {
    this.data = data;
    this.baseImages = baseImages;
  }

  /**
   * Makes the disk, complete and durable. Whatever an earlier attempt left is made anew: the caller
   * knows that the machine has never run.
   *
   * @param templateId whose index describes the base image
   * @param digest the SHA-256 of that index, in hexadecimal
   * @param diskBytes the size of the disk, at least that of the template
   * @return the base image it stands on
   */
  public BaseImage run(
      String machineId,
      String templateId,
      String digest,
      long diskBytes,
      ProgressListener progress,
      Cancellation cancellation)
      throws IOException {
    var base = baseImages.ensure(templateId, digest, progress, cancellation);
    Path image = base.path();
    Path directory = data.machine(machineId);
    OwnerOnly.createDirectory(directory);
    Path disk = data.machineDisk(machineId);
    DiskUse.requireUnused(disk);
    Files.deleteIfExists(disk);
    // Relative, so that the data directory can be moved.
    QcowOverlay.create(disk, image, directory.relativize(image).toString(), diskBytes);
    return base;
  }

  /** Whether the base image of an index is in the cache, so that the store is not asked for it. */
  public boolean hasBase(String digest) {
    return Files.exists(data.baseImage(digest));
  }

  /**
   * Notes that a launch is done. What the guest writes is no longer the launch's to remove, even
   * where the database does not know that it is done: one that was put back may be older. Until
   * then the mark has long become durable by itself.
   */
  public void done(String machineId) throws IOException {
    OwnerOnly.createFile(data.machineLaunched(machineId));
  }

  /** Whether the launch of a machine is done, and the machine has its disk. */
  public boolean isDone(String machineId) {
    return Files.exists(data.machineLaunched(machineId)) && hasDisk(machineId);
  }

  /** Whether a machine has its disk here. */
  public boolean hasDisk(String machineId) {
    return Files.exists(data.machineDisk(machineId));
  }

  /**
   * Refuses a machine without its disk.
   *
   * @throws IOException where it is missing
   */
  public void requireDisk(String machineId) throws IOException {
    if (!hasDisk(machineId)) {
      throw new IOException(
          "%s is missing; restore it from a backup, or delete the machine"
              .formatted(data.machineDisk(machineId)));
    }
  }

  /**
   * Removes the disk of a machine, if it has one here, and what lies beside it.
   *
   * @throws io.platen.disk.DiskLocked where a program has one of the files open for writing, the
   *     disk or a snapshot that others made beside it: nothing is removed then
   */
  public void remove(String machineId) throws IOException {
    Path directory = data.machine(machineId);
    if (!Files.isDirectory(directory)) {
      return;
    }
    List<Path> all;
    try (var files = Files.list(directory)) {
      all = files.toList();
    }
    Path disk = data.machineDisk(machineId);
    for (var file : all) {
      // What others left here may be closed to this user, and goes all the same.
      if (file.equals(disk) || Files.isReadable(file)) {
        DiskUse.requireUnused(file);
      }
    }
    for (var file : all) {
      Files.deleteIfExists(file);
    }
    Files.deleteIfExists(directory);
  }
}
