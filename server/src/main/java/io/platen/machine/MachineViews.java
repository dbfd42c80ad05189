package io.platen.machine;

import io.platen.catalog.Catalog;
import io.platen.catalog.MachineType;
import io.platen.network.PublicIpType;
import java.util.List;
import java.util.Optional;

/** Shows machines to clients: what the database, the catalog and the host say of each. */
public final class MachineViews {
  private final Catalog catalog;
  private final DiskUsage usage;
  private final boolean hasPublicIps;
  private final String node;

  /**
   * Views of machines.
   *
   * @param hasPublicIps whether the configuration lets machines have public addresses
   * @param node this one; empty in a database that has one node only
   */
  public MachineViews(Catalog catalog, DiskUsage usage, boolean hasPublicIps, String node) {
    this.node = node;
    this.catalog = catalog;
    this.usage = usage;
    this.hasPublicIps = hasPublicIps;
  }

  public MachineView of(Machine machine) {
    var type = catalog.machineType(machine.machineType());
    var snapshots = machine.automation().snapshots();
    var shutdown = machine.automation().shutdown();
    var frequency = snapshots.frequency();
    return new MachineView(
        machine.id(),
        machine.name(),
        machine.state().label(),
        machine.os().label(),
        machine.machineType(),
        machine.os().agentType(),
        type.map(MachineType::cpus).orElse(0),
        type.map(MachineType::ram).orElse(0L),
        machine.disk().bytes(),
        machine.dtDeleted() == null ? diskUsed(machine) : 0,
        accelerators(type),
        machine.region(),
        machine.network().privateIp(),
        machine.network().networkId(),
        hasPublicIps ? machine.network().publicIp() : null,
        (hasPublicIps ? machine.network().publicAddress().type() : PublicIpType.NONE).label(),
        shutdown.isEnabled(),
        shutdown.hours(),
        Boolean.TRUE.equals(shutdown.force()),
        snapshots.isEnabled(),
        frequency == null ? null : frequency.label(),
        snapshots.saveCount(),
        false,
        false,
        null,
        null,
        0,
        0,
        machine.dtCreated(),
        machine.dtModified(),
        machine.dtDeleted(),
        null);
  }

  /** Another node's disks are not looked at: what that node noted last is shown. */
  private long diskUsed(Machine machine) {
    return machine.host().node().equals(node) ? usage.of(machine) : machine.host().diskUsed();
  }

  private static List<MachineView.Accelerator> accelerators(Optional<MachineType> type) {
    return type.filter(found -> !found.gpu().isEmpty())
        .map(found -> List.of(new MachineView.Accelerator(found.gpu(), found.gpuMemory(), 1)))
        .orElse(List.of());
  }
}
