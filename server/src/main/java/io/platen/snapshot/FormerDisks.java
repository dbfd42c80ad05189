package io.platen.snapshot;

import io.platen.database.Database;
import io.platen.job.JobRunner;
import io.platen.launch.RestoredDisk;
import io.platen.machine.MachineRepository;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Removes the disks that restores kept, once the machines run on the restored ones. */
public final class FormerDisks {
  private static final Logger LOG = Logger.getLogger(FormerDisks.class);

  private final Database database;
  private final MachineRepository machines;
  private final RestoredDisk disks;
  private final JobRunner jobs;
  private final Consumer<List<String>> unusedIndexes;

  /**
   * @param unusedIndexes removes those of these indexes that nothing needs
   */
  public FormerDisks(
      Database database,
      MachineRepository machines,
      RestoredDisk disks,
      JobRunner jobs,
      Consumer<List<String>> unusedIndexes) {
    this.database = database;
    this.machines = machines;
    this.disks = disks;
    this.jobs = jobs;
    this.unusedIndexes = unusedIndexes;
  }

  /** Looks once. */
  void removeUnneeded() throws InterruptedException {
    for (var id : running()) {
      try {
        var _ = jobs.unlessBusy(id, () -> remove(id));
      } catch (IOException e) {
        LOG.warnf("the disk that %s had before its restore stays for now: %s", id, e.getMessage());
      }
    }
  }

  private List<String> running() {
    return database.read(handle -> machines.runningWithOther(handle, database.node()));
  }

  private void remove(String id) throws IOException {
    // A restore may have begun, or ended, since.
    if (!running().contains(id)) {
      return;
    }
    disks.drop(id);
    var bases = database.read(handle -> machines.baseTemplates(handle, id));
    database.change(handle -> machines.forgetOther(handle, id));
    unusedIndexes.accept(bases);
    LOG.infof("%s runs on its restored disk: the one before is removed", id);
  }
}
