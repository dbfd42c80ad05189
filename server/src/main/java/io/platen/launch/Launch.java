package io.platen.launch;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.Progress;
import io.platen.config.DataDirectory;
import io.platen.disk.QcowOverlay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Makes the disk of a machine: an overlay over the base image of its template. */
public final class Launch {
  private final DataDirectory data;
  private final BaseImages baseImages;

  public Launch(DataDirectory data, BaseImages baseImages) {
    this.data = data;
    this.baseImages = baseImages;
  }

  /**
   * Makes the disk, complete and durable. Whatever an earlier attempt left is made anew: the
   * machine has never run.
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
      Progress progress,
      Cancellation cancellation)
      throws IOException {
    var base = baseImages.ensure(data.index(templateId), digest, progress, cancellation);
    Path image = base.path();
    Path directory = data.machine(machineId);
    Files.createDirectories(directory);
    Path disk = data.machineDisk(machineId);
    Files.deleteIfExists(disk);
    // Relative, so that the data directory can be moved.
    QcowOverlay.create(disk, image, directory.relativize(image).toString(), diskBytes);
    return base;
  }

  /** Removes the disk of a machine, if it has one here. */
  public void remove(String machineId) throws IOException {
    Path directory = data.machine(machineId);
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (var files = Files.list(directory)) {
      for (var file : files.toList()) {
        Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(directory);
  }
}
