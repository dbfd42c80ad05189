package io.platen.machine;

import io.platen.database.Database;
import io.platen.launch.Launch;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;

/**
 * Removes what is left of a deleted machine that was launched here: its domain, its disk, and the
 * indexes that nothing else needs, those of its snapshots among them. Until all of it is gone, what
 * the machine uses counts as used.
 *
 * <p>Only what the database records as deleted is removed, unless that was undone, and of libvirt's
 * domains only those of this installation. Every step can be repeated.
 */
public final class Removal {
  private final Database database;
  private final MachineRepository machines;
  private final RemovalRepository removals;
  private final Launch launch;
  private final MachineRun runs;
  private final MachineSnapshots snapshots;
  private final UndoneDeletions undone;
  private final Consumer<List<String>> unusedIndexes;
  private final InstantSource clock;

  public Removal(
      Database database,
      MachineRepository machines,
      RemovalRepository removals,
      Launch launch,
      MachineRun runs,
      MachineSnapshots snapshots,
      UndoneDeletions undone,
      Consumer<List<String>> unusedIndexes,
      InstantSource clock) {
    this.database = database;
    this.machines = machines;
    this.removals = removals;
    this.launch = launch;
    this.runs = runs;
    this.snapshots = snapshots;
    this.undone = undone;
    this.unusedIndexes = unusedIndexes;
    this.clock = clock;
  }

  /**
   * Removes all of it. No job of the machine may run meanwhile.
   *
   * @throws IOException where something of it stays for now; the message says what and why
   */
  void remove(String id) throws IOException, InterruptedException {
    requireDeleted(id);
    var machine = database.read(handle -> machines.findAny(handle, id));
    if (machine.isPresent()) {
      runs.leave(machine.get());
    }
    runs.remove(id);
    launch.remove(id);
    note(List.of(id));
    unusedIndexes.accept(database.read(handle -> indexes(handle, id)));
  }

  private void requireDeleted(String id) throws IOException {
    var deleted =
        database
            .read(handle -> removals.deleted(handle, id))
            .orElseThrow(
                () ->
                    new IOException(
                        "the machine %s is not deleted, and nothing of it is removed"
                            .formatted(id)));
    if (undone.isUndone(id, deleted)) {
      throw new IOException(
          "the machine %1$s was taken on again after it was deleted (%2$s), so this database is older; put back the newer one, or take the machine on once more: \"platen machine recover --deleted %1$s\""
              .formatted(id, deleted));
    }
  }

  private List<String> indexes(Handle handle, String id) {
    var all = new ArrayList<>(machines.baseTemplates(handle, id));
    all.addAll(snapshots.indexesOf(handle, List.of(id)));
    return all;
  }

  /** Whether a domain of the machine may be there, so that libvirt has to be asked. */
  boolean mayRun(String id) {
    return runs.wasDefined(id);
  }

  /**
   * Removes the disk of a machine that another node has, unless a guest may have had it here.
   *
   * @param isElsewhere whether another node has it still
   */
  void removeUnused(String id, BooleanSupplier isElsewhere) throws IOException {
    if (runs.wasDefined(id) || launch.isDone(id)) {
      throw new IOException(
          "it was started here; the database may be older than the disk: \"platen machine recover\" says what there is");
    }
    if (isElsewhere.getAsBoolean()) {
      launch.remove(id);
    }
  }

  /** Notes that nothing is left of these machines. */
  void note(List<String> ids) {
    database.change(handle -> removals.removed(handle, ids, clock.instant()));
  }

  /**
   * Removes the domain of a deleted machine only, whether or not something here says that it had
   * one.
   */
  void removeDomain(String id) throws IOException, InterruptedException {
    if (database.read(handle -> removals.isDeleted(handle, id))) {
      requireDeleted(id);
      runs.removeDomain(id);
    }
  }
}
