package io.platen.upkeep;

import io.platen.database.Database;
import io.platen.launch.ImagesInUse;
import io.platen.launch.LaunchedDisks;
import io.platen.machine.MachineRepository;
import io.platen.template.KnownTemplates;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
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

  private final LaunchedDisks disks;
  private final Database database;
  private final MachineRepository machines;
  private final StoreMatch match;

  public NeededBaseImages(
      LaunchedDisks disks, Database database, MachineRepository machines, StoreMatch match) {
    this.disks = disks;
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
    disks.forEachBatch(BATCH, ids -> addUnknown(ids, found));
    return found;
  }

  private void addUnknown(List<String> ids, Set<String> found) throws IOException {
    var known = Set.copyOf(database.read(handle -> machines.existing(handle, ids)));
    for (var id : ids) {
      if (!known.contains(id)) {
        found.addAll(disks.baseDigests(id));
      }
    }
  }
}
