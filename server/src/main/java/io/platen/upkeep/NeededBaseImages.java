package io.platen.upkeep;

import io.platen.database.Database;
import io.platen.launch.ImagesInUse;
import io.platen.launch.LaunchedDisks;
import io.platen.machine.MachineRepository;
import io.platen.template.KnownTemplates;
import java.io.IOException;
import java.util.function.Predicate;

/**
 * The base images that stay in the cache, whatever it takes: those that a machine of the database
 * stands on, and those that a disk in the data directory stands on, whatever the database says of
 * its machine. While the database may be the wrong one, also those that were built from no template
 * of it; once it is known to be the right one, they are of templates that were forgotten, as by a
 * recovery. Of a store that is not the database's, all of them.
 *
 * <p>The disks are asked because a database may be older than they are: it lacks the machine, or a
 * restore that gave the machine another disk.
 */
public final class NeededBaseImages implements ImagesInUse {

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
    boolean isDoubtful = match.isDoubtful();
    // A disk that is made after this look has its base in the machine's row, which is written
    // first.
    var underDisks = disks.baseDigests();
    return digest ->
        underDisks.contains(digest)
            || database.read(
                handle ->
                    machines.standsOn(handle, database.node(), digest)
                        || (isDoubtful && !KnownTemplates.hasDigest(handle, digest)));
  }
}
