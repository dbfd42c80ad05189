package io.platen.machine;

import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A machine as clients see it. What Platen does not do is null, false or 0.
 *
 * @param ram bytes
 * @param storageTotal bytes
 * @param storageUsed bytes that its disk takes on the host
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
    long storageUsed,
    List<Accelerator> accelerators,
    String region,
    @Nullable String privateIp,
    @Nullable String networkId,
    @Nullable String publicIp,
    @Schema(enumeration = {"static", "dynamic", "none"}) String publicIpType,
    boolean autoShutdownEnabled,
    @Nullable Integer autoShutdownTimeout,
    @Nullable Boolean autoShutdownForce,
    boolean autoSnapshotEnabled,
    @Schema(enumeration = {"hourly", "daily", "weekly", "monthly"})
        @Nullable String autoSnapshotFrequency,
    @Nullable Integer autoSnapshotSaveCount,
    boolean updatesPending,
    boolean restorePointEnabled,
    @Schema(enumeration = "shutdown") @Nullable String restorePointFrequency,
    @Nullable String restorePointSnapshotId,
    double usageRate,
    double storageRate,
    Instant dtCreated,
    Instant dtModified,
    @Nullable Instant dtDeleted,
    @Nullable String reservation) {

  /**
   * A kind of accelerator.
   *
   * @param memory of each, in bytes
   */
  @Schema(name = "Accelerator")
  public record Accelerator(String name, long memory, int count) {}
}
