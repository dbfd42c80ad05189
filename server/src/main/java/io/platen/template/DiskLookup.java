package io.platen.template;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.IndexMissing;
import io.platen.chunkstore.IndexStore;
import io.platen.config.DataDirectory;
import io.platen.config.HypervisorSettings;
import io.platen.disk.Disk;
import io.platen.hypervisor.DiskChain;
import io.platen.hypervisor.DomainDescription;
import io.platen.hypervisor.DomainDisk;
import io.platen.hypervisor.DomainMissing;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.HypervisorException;
import io.platen.hypervisor.OwnDomains;
import io.platen.machine.AdoptedDisk;
import io.platen.machine.BaseTemplate;
import io.platen.machine.Machine;
import io.platen.node.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Finds what a machine's disk is now. Snapshots, copies and commits give a domain another file
 * without Platen, so libvirt is asked each time.
 */
final class DiskLookup {
  private static final Logger LOG = Logger.getLogger(DiskLookup.class);

  private final DataDirectory data;
  private final Hypervisor hypervisor;
  private final OwnDomains domains;
  private final IndexStore indexes;

  DiskLookup(Node node, IndexStore indexes) {
    this.data = node.data();
    this.hypervisor = node.hypervisor();
    this.domains = node.domains();
    this.indexes = indexes;
  }

  /**
   * The disk of a machine.
   *
   * @throws IOException where it can't be told, or can't be captured
   */
  PresentDisk find(Machine machine) throws IOException, InterruptedException {
    var adopted = machine.disk().adopted();
    if (adopted != null) {
      return machine.domain().isEmpty()
          ? new PresentDisk.Still(adopted.file(), null, null, null)
          : ofDomain(machine, adopted, machine.domain().get());
    }
    var base = machine.disk().base();
    if (base == null) {
      throw new IOException("the machine " + machine.id() + " has no disk");
    }
    return ofLaunched(machine, base);
  }

  private PresentDisk ofDomain(Machine machine, AdoptedDisk adopted, String name)
      throws IOException, InterruptedException {
    if (!hypervisor.isThere()) {
      throw withoutLibvirt(machine);
    }
    var domain = describe(machine, name);
    var disk = disk(domain, adopted);
    if (domain.isActive()) {
      DiskChain.stated(domain, disk); // refuses what can't be captured
      return new PresentDisk.Live(name, disk.target(), List.of(), null, null);
    }
    var chain = DiskChain.of(domain, disk, List.of(adopted.path()));
    return new PresentDisk.Still(chain, disk.target(), null, null);
  }

  private HypervisorException withoutLibvirt(Machine machine) {
    return new HypervisorException(
        "which disk the domain of the machine %s has is not known without libvirt: %s"
            .formatted(machine.id(), hypervisor.absence()));
  }

  private DomainDescription describe(Machine machine, String name)
      throws IOException, InterruptedException {
    try {
      return hypervisor.describe(name);
    } catch (DomainMissing e) {
      throw new HypervisorException(
          "%s. So which disk the machine %s has is not known: define the domain again, or delete the machine (its templates stay) and adopt its disk"
              .formatted(e.getMessage(), machine.id()));
    }
  }

  private static DomainDisk disk(DomainDescription domain, AdoptedDisk adopted)
      throws HypervisorException {
    String target = adopted.target();
    if (target != null) {
      return domain
          .disk(target)
          .orElseThrow(
              () ->
                  new HypervisorException(
                      "the domain %s has no disk %s any more; delete the machine (its templates stay) and adopt the domain again"
                          .formatted(domain.name(), target)));
    }
    return guessed(domain, adopted.path())
        .orElseThrow(
            () ->
                new HypervisorException(
                    "no disk of the domain %s stands on %s any more; delete the machine (its templates stay) and adopt the domain again"
                        .formatted(domain.name(), adopted.path())));
  }

  /** The disk of a domain that was adopted when its name was not noted. */
  private static Optional<DomainDisk> guessed(DomainDescription domain, Path known) {
    if (domain.disks().size() == 1) {
      return Optional.of(domain.disks().getFirst());
    }
    return domain
        .diskOn(known)
        .or(
            () ->
                domain.disks().stream().filter(disk -> standsOn(domain, disk, known)).findFirst());
  }

  private static boolean standsOn(DomainDescription domain, DomainDisk disk, Path known) {
    try {
      return DiskChain.of(domain, disk, List.of(known)).images().stream()
          .anyMatch(image -> image.path().equals(known));
    } catch (IOException e) {
      LOG.debugf("%s of %s does not stand on %s: %s", disk.target(), domain.name(), known, e);
      return false;
    }
  }

  private PresentDisk ofLaunched(Machine machine, BaseTemplate base)
      throws IOException, InterruptedException {
    var own = new Disk.Machine(data.machineDisk(machine.id()), data.baseImage(base.indexDigest()));
    var whole = whole(machine, base, own.base());
    String parent = whole == null ? null : base.templateId();
    var files = List.of(own.path(), own.base());
    var domain = ownDomain(machine);
    if (domain.isPresent() && domain.get().isActive()) {
      return new PresentDisk.Live(
          domain.get().uuid(), Hypervisor.LAUNCHED_DISK, files, parent, whole);
    }
    var moved = domain.flatMap(found -> found.movedFrom(own.path()));
    if (moved.isEmpty()) {
      return new PresentDisk.Still(own, null, parent, whole);
    }
    var chain = DiskChain.of(domain.get(), moved.get(), files);
    return new PresentDisk.Still(chain, moved.get().target(), null, whole);
  }

  /** Without a hypervisor, by configuration, a machine has its own disk and no other. */
  private Optional<DomainDescription> ownDomain(Machine machine)
      throws IOException, InterruptedException {
    if (hypervisor.isThere()) {
      return domains.findToRead(machine.id());
    }
    if (hypervisor.settings().mode() != HypervisorSettings.Mode.NONE
        && Files.exists(data.machineDomain(machine.id()))) {
      throw withoutLibvirt(machine);
    }
    return Optional.empty();
  }

  /**
   * The base image of a machine, where the index that it was made from is there: null otherwise. An
   * index of other content, which a template has that was captured again after an older database
   * was put back, says nothing about this disk.
   */
  private PresentDisk.@Nullable WholeBase whole(Machine machine, BaseTemplate base, Path image)
      throws IOException {
    String why;
    try (var index = indexes.open(base.templateId())) {
      if (index.digest(new Cancellation()).equals(base.indexDigest())) {
        return new PresentDisk.WholeBase(image, index.size());
      }
      why = "is not the one that the base image was made from";
    } catch (IndexMissing e) {
      why = "is missing";
    } catch (IndexCorrupt e) {
      why = "is not the one that the base image was made from: " + e.getMessage();
    }
    LOG.warnf(
        "%s %s: the disk of %s is read as a whole",
        indexes.place(base.templateId()), why, machine.id());
    return null;
  }
}
