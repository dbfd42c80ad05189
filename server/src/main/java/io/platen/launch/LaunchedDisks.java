package io.platen.launch;

import io.platen.config.DataDirectory;
import io.platen.disk.ImageHeader;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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

  /** Hears of some machines. */
  @FunctionalInterface
  public interface Visitor {
    void visit(List<String> machineIds) throws IOException;
  }

  /** Hands over the ids that machines' directories are named after, so many at a time. */
  public void forEachBatch(int size, Visitor visitor) throws IOException {
    var ids = new ArrayList<String>();
    try (var directories = Files.newDirectoryStream(data.machines())) {
      for (var directory : directories) {
        ids.add(String.valueOf(directory.getFileName()));
        if (ids.size() == size) {
          visitor.visit(ids);
          ids.clear();
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    visitor.visit(ids);
  }

  /**
   * The digests that name the base images below a machine's disk and below the one that a restore
   * keeps; empty where the machine has no disk here, or it has been removed meanwhile.
   *
   * @throws IOException where that can't be known; the message says why, and what to do
   */
  public Set<String> baseDigests(String machineId) throws IOException {
    var found = new HashSet<String>();
    for (var disk :
        List.of(
            data.machineDisk(machineId),
            data.machineRestoredDisk(machineId),
            data.machineFormerDisk(machineId))) {
      baseDigest(disk).ifPresent(found::add);
    }
    return found;
  }

  private static Optional<String> baseDigest(Path disk) throws IOException {
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
      throw new IOException(
          "no base image is removed, since one may be below the disk of a machine that the database does not have: %s. Move %s out of the data directory if nothing in it is wanted"
              .formatted(e.getMessage(), disk.getParent()),
          e);
    }
  }
}
