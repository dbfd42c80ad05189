package io.platen.machine;

import io.platen.catalog.Catalog;
import io.platen.config.DataDirectory;
import io.platen.database.Database;
import io.platen.disk.Disk;
import io.platen.hypervisor.DomainSpec;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.HypervisorException;
import io.platen.hypervisor.OwnDomains;
import io.platen.identity.BootScript;
import io.platen.identity.NewIdentity;
import io.platen.identity.Seed;
import io.platen.job.JobContext;
import io.platen.node.Node;
import io.platen.process.TimedWork;
import io.platen.startupscript.StartupScript;
import io.platen.startupscript.StartupScriptRepository;
import java.io.IOException;
import java.nio.file.Path;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Defines the domain of a machine that was launched here: its processors and memory by the catalog,
 * its disk with an identity of its own, the disc for cloud-init, its network.
 */
public final class DomainDefinition {
  private static final Logger LOG = Logger.getLogger(DomainDefinition.class);

  private final Hypervisor hypervisor;
  private final OwnDomains domains;
  private final DataDirectory data;
  private final Catalog catalog;
  private final NewIdentity identity;
  private final QemuAccess access;
  private final Database database;
  private final MachineCards cards;
  private final StartupScriptRepository scripts;

  public DomainDefinition(
      Node node,
      Catalog catalog,
      Database database,
      MachineCards cards,
      StartupScriptRepository scripts) {
    this.hypervisor = node.hypervisor();
    this.domains = node.domains();
    this.data = node.data();
    this.catalog = catalog;
    this.database = database;
    this.cards = cards;
    this.scripts = scripts;
    identity = new NewIdentity(data.run());
    access = new QemuAccess(hypervisor, data);
  }

  /**
   * Makes all that the machine starts with, and tells libvirt. Whatever was defined before under
   * this name is replaced.
   */
  void define(Machine machine, BaseTemplate base, String domain, JobContext context)
      throws IOException, InterruptedException {
    var type =
        catalog
            .machineType(machine.machineType())
            .orElseThrow(
                () ->
                    new HypervisorException(
                        "the catalog has no machine type %s any more; give the machine %s another one"
                            .formatted(machine.machineType(), machine.id())));
    var capacity = hypervisor.capacity();
    int cpus = capacity.cappedCpus(type.cpus());
    long memory = capacity.cappedMemory(type.ram());
    if (cpus < type.cpus() || memory < type.ram()) {
      LOG.warnf(
          "%s gets %d vCPUs and %d MiB of memory: this host has no more for a %s, which has %d and %d MiB",
          machine.id(), cpus, memory >> 20, type.label(), type.cpus(), type.ram() >> 20);
    }
    Path directory = data.machine(machine.id());
    var disk = new Disk.Machine(data.machineDisk(machine.id()), data.baseImage(base.indexDigest()));
    var connected = cards.connect(machine);
    Path seed = null;
    if (StartupScript.runsOn(machine.os().agentType())) {
      var work = new TimedWork("giving the disk an identity of its own", NewIdentity.LIMIT);
      context.onStop(work::cancel);
      identity.give(machine.id(), machine.name(), disk, work);
      seed =
          Seed.make(
                  directory,
                  machine.id(),
                  machine.name(),
                  connected.names(machine.id()),
                  script(machine))
              .orElse(null);
    }
    boolean readable = access.give(machine.id(), disk, seed);
    MachineConsole.prepare(data.machineConsole(machine.id()));
    hypervisor.define(
        new DomainSpec(
            domain,
            machine.name(),
            cpus,
            memory,
            machine.os().firmware(),
            hypervisor.isAccelerated(),
            disk.path(),
            disk.base(),
            seed,
            readable,
            data.machineConsole(machine.id()),
            connected.first(),
            connected.second(),
            domains.mark(machine.id())),
        data.machineDomain(machine.id()));
  }

  private @Nullable BootScript script(Machine machine) {
    String id = machine.guest().startupScriptId();
    return id == null
        ? null
        : database
            .read(handle -> scripts.find(handle, machine.teamId(), id))
            .filter(StartupScript::isEnabled)
            .map(script -> new BootScript(id, script.script(), script.isRunOnce()))
            .orElse(null);
  }
}
