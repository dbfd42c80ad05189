package io.platen.machine;

import io.platen.catalog.Catalog;
import io.platen.network.PublicIpType;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A machine as clients see it. What Platen does not do is null, false or 0.
 *
 * @param ram bytes
 * @param storageTotal bytes
 */
@Schema(name = "Machine")
public record MachineView(
    String id,
    String name,
    @Schema(
            enumeration = {
              "off",
              "starting",
              "stopping",
              "restarting",
              "serviceready",
              "ready",
              "upgrading",
              "provisioning"
            })
        String state,
    String os,
    String machineType,
    String agentType,
    int cpus,
    long ram,
    long storageTotal,
    @Nullable Long storageUsed,
    @Nullable List<Accelerator> accelerators,
    String region,
    @Nullable String privateIp,
    @Nullable String networkId,
    @Nullable String publicIp,
    @Schema(enumeration = {"static", "dynamic", "none"}) String publicIpType,
    boolean autoShutdownEnabled,
    @Nullable Integer autoShutdownTimeout,
    boolean autoShutdownForce,
    boolean autoSnapshotEnabled,
    @Nullable String autoSnapshotFrequency,
    @Nullable Integer autoSnapshotSaveCount,
    boolean updatesPending,
    boolean restorePointEnabled,
    @Nullable String restorePointFrequency,
    @Nullable String restorePointSnapshotId,
    double usageRate,
    double storageRate,
    Instant dtCreated,
    Instant dtModified,
    @Nullable Instant dtDeleted,
    @Nullable String reservation) {

  @Schema(name = "Accelerator")
  public record Accelerator(String name, int count) {}

  /**
   * A machine as clients see it.
   *
   * @param hasPublicIps whether the configuration lets machines have public addresses
   */
  public static MachineView of(Machine machine, Catalog catalog, boolean hasPublicIps) {
    var type = catalog.machineType(machine.machineType());
    return new MachineView(
        machine.id(),
        machine.name(),
        machine.state().label(),
        machine.os().label(),
        machine.machineType(),
        machine.os().agentType(),
        type.map(found -> found.cpus()).orElse(0),
        type.map(found -> found.ram()).orElse(0L),
        machine.disk().bytes(),
        null,
        type.filter(found -> !found.gpu().isEmpty())
            .map(found -> List.of(new Accelerator(found.gpu(), 1)))
            .orElse(null),
        machine.region(),
        machine.network().privateIp(),
        machine.network().networkId(),
        hasPublicIps ? machine.network().publicIp() : null,
        (hasPublicIps ? machine.network().publicAddress().type() : PublicIpType.NONE).label(),
        false,
        null,
        false,
        false,
        null,
        null,
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
}
