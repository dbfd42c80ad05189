package io.platen.machine;

import io.platen.network.PublicIpService;
import org.jspecify.annotations.Nullable;

/**
 * What a machine is to be by an update; null for what is to stay.
 *
 * @param diskSizeGb the size of its disk
 * @param publicIp from the next start on
 * @param automation what is done with it by itself
 */
public record MachineChanges(
    @Nullable String name,
    @Nullable String machineType,
    @Nullable Integer diskSizeGb,
    PublicIpService.@Nullable Wish publicIp,
    Automation.Change automation) {}
