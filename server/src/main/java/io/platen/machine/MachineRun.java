package io.platen.machine;

import io.platen.config.DataDirectory;
import io.platen.config.HypervisorSettings;
import io.platen.disk.Disk;
import io.platen.disk.QemuImg;
import io.platen.hypervisor.DirtyBitmaps;
import io.platen.hypervisor.DomainDescription;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.HypervisorException;
import io.platen.hypervisor.OwnDomains;
import io.platen.job.JobContext;
import io.platen.job.JobStopped;
import io.platen.launch.LaunchedDisks;
import io.platen.node.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Starts and stops machines: those launched here as domains of Platen's own, adopted domains as
 * they are. Every step can be repeated.
 */
public final class MachineRun {
  private static final Logger LOG = Logger.getLogger(MachineRun.class);

  /** How often it is looked whether a guest has shut down. */
  private static final Duration LOOK = Duration.ofMillis(200);

  /** A guest that was still booting when it was asked did not hear it. */
  private static final Duration ASK_AGAIN = Duration.ofSeconds(5);

  private final Hypervisor hypervisor;
  private final OwnDomains domains;
  private final DataDirectory data;
  private final DomainDefinition definition;

  public MachineRun(Node node, DomainDefinition definition) {
    this.hypervisor = node.hypervisor();
    this.domains = node.domains();
    this.data = node.data();
    this.definition = definition;
  }

  private static String domain(Machine machine) throws IOException {
    return machine
        .domain()
        .orElseThrow(
            () -> new HypervisorException("the machine " + machine.id() + " has no domain"));
  }

  private void require() throws IOException {
    if (!hypervisor.isThere()) {
      throw new HypervisorException("there is no hypervisor: " + hypervisor.absence());
    }
  }

  /** Whether the configuration lets machines have public addresses. */
  boolean hasPublicIps() {
    return hypervisor.settings().hasPublicIps();
  }

  /** Whether machines run with KVM. */
  boolean isAccelerated() throws IOException, InterruptedException {
    return hypervisor.isAccelerated();
  }

  /** Whether the machine runs now. */
  public boolean isRunning(Machine machine) throws IOException, InterruptedException {
    return machine.domain().isPresent()
        && hypervisor.isThere()
        && find(machine).map(DomainDescription::isActive).orElse(false);
  }

  /**
   * What libvirt has of a machine.
   *
   * @throws HypervisorException where the domain of this name is another's
   */
  private Optional<DomainDescription> find(Machine machine)
      throws IOException, InterruptedException {
    return machine.disk().base() == null
        ? hypervisor.find(domain(machine))
        : domains.find(machine.id());
  }

  /** Starts a machine; one that runs already is left as it is. */
  public void start(Machine machine, JobContext context)
      throws IOException, InterruptedException, JobStopped {
    require();
    String domain = domain(machine);
    var known = find(machine);
    if (known.isPresent() && known.get().isActive()) {
      return;
    }
    var base = machine.disk().base();
    if (base != null) {
      requireOwnDisk(machine, known);
      requireBase(machine, base);
      removeInconsistentBitmaps(machine, base);
      definition.define(machine, base, domain, context);
    }
    context.throwIfStopped();
    var adopted = machine.disk().adopted();
    hypervisor.start(domain, adopted == null ? data.machineDisk(machine.id()) : adopted.path());
    LOG.infof("%s runs as the domain %s", machine.id(), domain);
  }

  /** QEMU would go on with them, and resize the disk no more. */
  private void removeInconsistentBitmaps(Machine machine, BaseTemplate base)
      throws InterruptedException {
    try {
      QemuImg.removeInconsistentBitmaps(disk(machine, base));
    } catch (IOException e) {
      LOG.infof("the dirty bitmaps of %s stay as they are: %s", machine.id(), e.getMessage());
    }
  }

  private Disk.Machine disk(Machine machine, BaseTemplate base) {
    return new Disk.Machine(data.machineDisk(machine.id()), data.baseImage(base.indexDigest()));
  }

  /** Leaves nothing of Platen's in the running domain of a machine that was adopted. */
  void leave(Machine machine) throws IOException, InterruptedException {
    var domain = machine.domain();
    if (machine.disk().adopted() != null && domain.isPresent() && hypervisor.isThere()) {
      DirtyBitmaps.removeAll(hypervisor, domain.get(), machine.id());
    }
  }

  /**
   * A start defines the domain anew: what a snapshot by others holds would be lost to the guest.
   */
  private void requireOwnDisk(Machine machine, Optional<DomainDescription> domain)
      throws HypervisorException {
    Path disk = data.machineDisk(machine.id());
    var moved = domain.flatMap(found -> found.movedFrom(disk));
    if (moved.isPresent()) {
      String path = moved.get().image().path();
      throw new HypervisorException(
          "the disk of %s is %s by now, by a snapshot or copy that was not made through Platen; capture the machine and launch another from the template, or bring what it holds back (qemu-img commit %s), and then its domain (virsh undefine %s --snapshots-metadata)"
              .formatted(machine.id(), path, path, domain.get().name()));
    }
  }

  /** On another base image than its own, which the definition names, a disk would be torn. */
  private void requireBase(Machine machine, BaseTemplate base) throws IOException {
    var found = LaunchedDisks.baseDigest(data.machineDisk(machine.id()));
    if (found.isPresent() && !found.get().equals(base.indexDigest())) {
      throw new HypervisorException(
          "the disk of %s stands on the base image %s, and the database says %s: an older database was put back; put back the newer one"
              .formatted(machine.id(), found.get(), base.indexDigest()));
    }
  }

  /**
   * Refuses to give another disk to a machine that runs, or would go on with what its memory held,
   * or whose domain has another disk than the machine's. Without a hypervisor, by configuration,
   * only QEMU's locks tell whether something runs on the disk.
   */
  public void requireOffOnOwnDisk(Machine machine) throws IOException, InterruptedException {
    if (!hypervisor.isThere()) {
      requireNeverDefined(machine);
      return;
    }
    var domain = find(machine);
    if (domain.isPresent() && domain.get().isActive()) {
      throw new HypervisorException("the machine %s runs; stop it".formatted(machine.id()));
    }
    requireOwnDisk(machine, domain);
    if (domain.isPresent() && hypervisor.hasSavedMemory(domain.get().name())) {
      throw new HypervisorException(
          "the memory of %s is saved (virsh managedsave, or libvirt-guests when the host shut down), and its guest would go on with that on another disk; start and stop the machine, or give its memory up: virsh managedsave-remove %s"
              .formatted(machine.id(), domain.get().name()));
    }
  }

  /** Which disk a domain has, and whether its memory is saved, nobody but libvirt knows. */
  private void requireNeverDefined(Machine machine) throws HypervisorException {
    if (hypervisor.settings().mode() != HypervisorSettings.Mode.NONE && wasDefined(machine.id())) {
      throw new HypervisorException(
          "which disk the domain of the machine %s has is not known without libvirt: %s"
              .formatted(machine.id(), hypervisor.absence()));
    }
  }

  /**
   * Stops a machine: asks its guest, and ends it when that takes longer than the configuration
   * allows.
   */
  public void stop(Machine machine, JobContext context)
      throws IOException, InterruptedException, JobStopped {
    require();
    String domain = domain(machine);
    if (!isRunning(machine)) {
      return;
    }
    long limit = System.nanoTime() + hypervisor.settings().stopLimit().toNanos();
    long ask = System.nanoTime();
    while (hypervisor.isActive(domain)) {
      context.throwIfStopped();
      long now = System.nanoTime();
      if (now >= limit) {
        LOG.warnf(
            "%s did not shut down within %d s, and is ended",
            machine.id(), hypervisor.settings().stopLimit().toSeconds());
        hypervisor.destroy(domain);
        return;
      }
      if (now >= ask) {
        ask(domain);
        ask = now + ASK_AGAIN.toNanos();
      }
      Thread.sleep(LOOK);
    }
  }

  private void ask(String domain) throws IOException, InterruptedException {
    try {
      hypervisor.shutDown(domain);
    } catch (HypervisorException e) {
      // It may have ended by itself in this moment.
      if (hypervisor.isActive(domain)) {
        throw e;
      }
    }
  }

  /** Gives a machine's disk the size that the machine has by now. */
  public void growDisk(Machine machine) throws IOException, InterruptedException {
    var base = machine.disk().base();
    if (base == null) {
      throw new IOException("the disk of the adopted machine " + machine.id() + " is not ours");
    }
    var disk = disk(machine, base);
    if (isRunning(machine)) {
      DirtyBitmaps.removeUnusable(hypervisor, domain(machine), machine.id());
      hypervisor.resizeDisk(domain(machine), disk.path(), machine.disk().bytes());
    } else {
      requireOwnDisk(
          machine, hypervisor.isThere() ? hypervisor.find(domain(machine)) : Optional.empty());
      QemuImg.grow(disk, machine.disk().bytes());
    }
  }

  /**
   * Whether libvirt was ever asked for a domain of this machine, which was launched here: then a
   * guest may have had its disk.
   */
  boolean wasDefined(String machineId) {
    return Files.exists(data.machineDomain(machineId));
  }

  /**
   * Ends and forgets what runs of a deleted machine that was launched here.
   *
   * @throws HypervisorException where it may be running and libvirt does not answer, or its domain
   *     is another's: its disk must stay then
   */
  void remove(String machineId) throws IOException, InterruptedException {
    if (wasDefined(machineId)) {
      removeDomain(machineId);
    }
  }

  /** As {@link #remove}, also where nothing here says that there was a domain. */
  void removeDomain(String machineId) throws IOException, InterruptedException {
    require();
    domains.remove(machineId);
  }
}
