package io.platen.launch;

import io.platen.config.DataDirectory;
import io.platen.disk.ImageHeader;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The machines' disks that are in a data directory, whatever a database says of them. */
public final class LaunchedDisks {
  private final DataDirectory data;

  public LaunchedDisks(DataDirectory data) {
    this.data = data;
  }

  /**
   * The digests that name the base images below all of them, and below the disks that restores keep
   * or make.
   *
   * @throws IOException where that can't be known; the message says why, and what to do
   */
  public Set<String> baseDigests() throws IOException {
    var found = new HashSet<String>();
    try (var directories = Files.newDirectoryStream(data.machines())) {
      for (var directory : directories) {
        String id = String.valueOf(directory.getFileName());
        for (var disk :
            List.of(
                data.machineDisk(id), data.machineRestoredDisk(id), data.machineFormerDisk(id))) {
          known(disk).ifPresent(found::add);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return found;
  }

  private static Optional<String> known(Path disk) throws IOException {
    try {
      return baseDigest(disk);
    } catch (IOException e) {
      throw new IOException(
          "no base image is removed, since what is below a machine's disk is not known: %s. Move %s out of the data directory if nothing in it is wanted"
              .formatted(e.getMessage(), disk.getParent()),
          e);
    }
  }

  /**
   * The digest that names the base image below one of them; empty where there is no such disk.
   *
   * @throws IOException where its header can't be read, or names none
   */
  public static Optional<String> baseDigest(Path disk) throws IOException {
    if (!Files.exists(disk)) {
      return Optional.empty();
    }
    try {
      String image =
          ImageHeader.backing(disk)
              .orElseThrow(() -> new IOException(disk + " names no base image"))
              .name();
      String name = image.substring(image.lastIndexOf('/') + 1);
      int dot = name.indexOf('.');
      return Optional.of(dot < 0 ? name : name.substring(0, dot));
    } catch (IOException e) {
      if (!Files.exists(disk)) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
