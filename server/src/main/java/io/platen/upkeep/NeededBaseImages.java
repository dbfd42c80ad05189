package io.platen.upkeep;

import io.platen.config.DataDirectory;
import io.platen.database.Database;
import io.platen.disk.ImageHeader;
import io.platen.launch.ImagesInUse;
import io.platen.machine.MachineRepository;
import io.platen.template.KnownTemplates;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The base images that stay in the cache, whatever it takes: those that a machine of the database
 * stands on, those that a disk in the data directory stands on whose machine the database does not
 * have, and those that were built from no template of the database. Of a store that is not the
 * database's, all of them.
 */
public final class NeededBaseImages implements ImagesInUse {
  /** How many ids one query names. */
  private static final int BATCH = 500;

  private final DataDirectory data;
  private final Database database;
  private final MachineRepository machines;
  private final StoreMatch match;

  public NeededBaseImages(
      DataDirectory data, Database database, MachineRepository machines, StoreMatch match) {
    this.data = data;
    this.database = database;
    this.machines = machines;
    this.match = match;
  }

  @Override
  public Predicate<String> now() throws IOException {
    if (match.isForeign()) {
      return digest -> true;
    }
    // Disks of machines that the database does not have come and go with no one: a machine's row is
    // written before its disk is made.
    var underUnknownDisks = underUnknownDisks();
    return digest ->
        underUnknownDisks.contains(digest)
            || database.read(
                handle ->
                    machines.standsOn(handle, digest) || !KnownTemplates.hasDigest(handle, digest));
  }

  private Set<String> underUnknownDisks() throws IOException {
    var found = new HashSet<String>();
    var ids = new ArrayList<String>();
    try (var directories = Files.newDirectoryStream(data.machines())) {
      for (var directory : directories) {
        ids.add(String.valueOf(directory.getFileName()));
        if (ids.size() == BATCH) {
          addUnknown(ids, found);
          ids.clear();
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    addUnknown(ids, found);
    return found;
  }

  private void addUnknown(List<String> ids, Set<String> found) throws IOException {
    var known = Set.copyOf(database.read(handle -> machines.existing(handle, ids)));
    for (var id : ids) {
      Path disk = data.machineDisk(id);
      if (!known.contains(id) && Files.exists(disk)) {
        digest(disk).ifPresent(found::add);
      }
    }
  }

  /** Empty where the disk has been removed meanwhile. */
  private static Optional<String> digest(Path disk) throws IOException {
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
