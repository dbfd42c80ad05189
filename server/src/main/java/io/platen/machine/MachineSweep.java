package io.platen.machine;

import io.platen.database.Database;
import io.platen.job.JobRunner;
import io.platen.job.RegularWork;
import io.platen.liveness.Watchdog;
import io.platen.machine.RemovalRepository.Pending;
import io.platen.network.LibvirtNetworks;
import io.platen.network.StaticAddresses;
import io.platen.node.Node;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Finishes what jobs could not: the removal of deleted machines whose job failed, or whose server
 * died. It removes domains that libvirt made late, of machines that were removed already; names, in
 * the log, the machines that are here and that the database does not know; and keeps the files that
 * describe machines up to date.
 *
 * <p>Only what the database records as deleted is removed. A machine that the database does not
 * know is never touched: an older database may have been put back.
 */
public final class MachineSweep implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(MachineSweep.class);

  /** How soon a deletion that failed is noticed. */
  private static final Duration PAUSE = Duration.ofSeconds(5);

  /** How often a machine's turn runs virsh at most. */
  private static final int COMMANDS = 10;

  /** How often it looks for what the database does not name. */
  private static final Duration LOOK = Duration.ofSeconds(10);

  /** How many ids one line of the log names. */
  private static final int NAMED = 5;

  private final Database database;
  private final MachineRepository machines;
  private final RemovalRepository removals;
  private final Removal removal;
  private final MachineFiles files;
  private final LostMachines lost;
  private final LibvirtNetworks networks;
  private final StaticAddresses addresses;
  private final Consumer<List<String>> unusedIndexes;
  private final JobRunner jobs;
  private final Node node;
  private final RegularWork work;
  private final Retries retries = new Retries();
  private final Retries lateRetries = new Retries();
  private Set<String> named = Set.of();
  private List<String> namedNetworks = List.of();
  private boolean looked;
  private long lookedNanos;

  /** What it works with, beside what it is about. */
  public record Parts(
      MachineRepository machines,
      RemovalRepository removals,
      Removal removal,
      MachineFiles files,
      LostMachines lost,
      LibvirtNetworks networks,
      StaticAddresses addresses,
      Consumer<List<String>> unusedIndexes) {}

  public MachineSweep(
      Database database, Parts parts, JobRunner jobs, Node node, Watchdog watchdog) {
    this.database = database;
    this.machines = parts.machines();
    this.removals = parts.removals();
    this.removal = parts.removal();
    this.files = parts.files();
    this.lost = parts.lost();
    this.networks = parts.networks();
    addresses = parts.addresses();
    unusedIndexes = parts.unusedIndexes();
    this.jobs = jobs;
    this.node = node;
    work =
        new RegularWork(
            "sweep of deleted machines",
            node.hypervisor().settings().longest(COMMANDS),
            watchdog,
            this::sweep);
  }

  public void start() {
    work.start(PAUSE);
  }

  /** Sweeps once. */
  void sweep() throws IOException, InterruptedException {
    boolean looks = !looked || System.nanoTime() - lookedNanos >= LOOK.toNanos();
    var pending = pending();
    if (pending.isEmpty() && !looks) {
      return;
    }
    var here = MachinesHere.look(node.hypervisor(), node.data());
    finish(pending, here);
    if (looks) {
      removeLateDomains(here);
      removeMoved(here);
      networks.removeDeleted();
      addresses.reconcile();
      nameLost(here);
      nameLostNetworks();
      refreshFiles(here);
      looked = true;
      lookedNanos = System.nanoTime();
    }
  }

  private List<Pending> pending() {
    var all = new ArrayList<Pending>();
    List<Pending> page;
    do {
      String after = all.isEmpty() ? "" : all.getLast().id();
      page = database.read(handle -> removals.pending(handle, database.node(), after));
      all.addAll(page);
    } while (page.size() == RemovalRepository.BATCH);
    return all;
  }

  /** Removes deleted machines, those of which nothing is here all at once. */
  private void finish(List<Pending> pending, MachinesHere here) throws InterruptedException {
    var gone = new ArrayList<Pending>();
    for (var machine : pending) {
      work.beat();
      if (here.directories().contains(machine.id()) || here.hasDomain(machine.id())) {
        finish(machine.id(), here);
      } else {
        gone.add(machine);
      }
    }
    for (int from = 0; from < gone.size(); from += RemovalRepository.BATCH) {
      note(gone.subList(from, Math.min(gone.size(), from + RemovalRepository.BATCH)));
    }
    retries.keep(pending.stream().map(Pending::id).collect(Collectors.toSet()));
  }

  private void note(List<Pending> gone) {
    removal.note(gone.stream().map(Pending::id).toList());
    unusedIndexes.accept(
        gone.stream().map(Pending::baseTemplate).filter(Objects::nonNull).distinct().toList());
  }

  private void finish(String id, MachinesHere here) throws InterruptedException {
    if (!retries.isDue(id, System.nanoTime())) {
      return;
    }
    if (here.domains().isEmpty() && removal.mayRun(id)) {
      // To ask libvirt for each of them takes as long each time as it hangs.
      if (retries.notTried(id, here.absence(), System.nanoTime())) {
        LOG.warnf("the deleted machine %s is not removed yet: %s", id, here.absence());
      }
      return;
    }
    try {
      if (jobs.unlessBusy(id, () -> remove(id, here))) {
        LOG.infof("the deleted machine %s is removed", id);
      }
    } catch (IOException e) {
      if (retries.failed(id, e.getMessage(), System.nanoTime())) {
        LOG.warnf("the deleted machine %s is not removed yet: %s", id, e.getMessage());
      }
    }
  }

  private void remove(String id, MachinesHere here) throws IOException, InterruptedException {
    if (here.hasDomain(id)) {
      removal.removeDomain(id);
    }
    removal.remove(id);
  }

  /** A definition that was given up goes on in libvirt, and may end after all was removed. */
  private void removeLateDomains(MachinesHere here) throws InterruptedException {
    var late = database.read(handle -> removals.removed(handle, here.domainIds()));
    for (var id : late) {
      if (lateRetries.isDue(id, System.nanoTime())) {
        removeLateDomain(id);
      }
    }
    lateRetries.keep(late);
  }

  private void removeLateDomain(String id) throws InterruptedException {
    try {
      if (jobs.unlessBusy(id, () -> removal.removeDomain(id))) {
        LOG.infof("libvirt forgot the domain of %s, which was made after its removal", id);
      }
    } catch (IOException e) {
      if (lateRetries.failed(id, e.getMessage(), System.nanoTime())) {
        LOG.warnf("the domain of the deleted machine %s stays for now: %s", id, e.getMessage());
      }
    }
  }

  /**
   * What is left of launches that went on at another node, while this one was silent: disks that no
   * guest ever had.
   */
  private void removeMoved(MachinesHere here) throws InterruptedException {
    for (var id : moved(here.directories())) {
      try {
        if (jobs.unlessBusy(
            id, () -> removal.removeUnused(id, () -> !moved(Set.of(id)).isEmpty()))) {
          LOG.infof("what was here of %s is removed: another node has it", id);
        }
      } catch (IOException e) {
        LOG.warnf("what is here of %s, which another node has, stays: %s", id, e.getMessage());
      }
    }
  }

  private Set<String> moved(Set<String> ids) {
    return database.read(handle -> removals.elsewhere(handle, ids, database.node()));
  }

  private void nameLost(MachinesHere here) throws IOException, InterruptedException {
    var found = lost.ids(here);
    var fresh = new HashSet<>(found);
    fresh.removeAll(named);
    if (!fresh.isEmpty()) {
      LOG.warnf(
          "%d machines are here that the database does not know (%s): \"platen machine recover\" lists them, and takes them on again",
          found.size(),
          fresh.stream().sorted().limit(NAMED).collect(Collectors.joining(", "))
              + (fresh.size() > NAMED ? ", ..." : ""));
    }
    named = found;
  }

  private void nameLostNetworks() throws IOException, InterruptedException {
    var found = networks.lost();
    if (!found.isEmpty() && !found.equals(namedNetworks)) {
      LOG.warnf(
          "%d private networks are here that the database does not know (%s); they stay, and \"platen machine recover\" lists them",
          found.size(), found.stream().limit(NAMED).collect(Collectors.joining(", ")));
    }
    namedNetworks = found;
  }

  private void refreshFiles(MachinesHere here) throws IOException, InterruptedException {
    var all = database.read(handle -> machines.listOn(handle, database.node()));
    for (var machine : all) {
      work.beat();
      if (here.directories().contains(machine.id()) && files.mayBeStale(machine)) {
        // Not beside a job that may make, or remove, the directory.
        var _ = jobs.unlessBusy(machine.id(), () -> files.refresh(machine.id()));
      }
    }
    files.keep(all.stream().map(Machine::id).collect(Collectors.toSet()));
  }

  @Override
  public void close() {
    work.close();
  }
}
