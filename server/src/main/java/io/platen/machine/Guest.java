package io.platen.machine;

import org.jspecify.annotations.Nullable;

/**
 * What a machine is as a guest of the hypervisor.
 *
 * @param domain the UUID of an adopted domain; null for machines that were launched here
 * @param networkId its private network; null for the default one
 * @param startupScriptId run by cloud-init when it boots
 * @param privateIp its address while it runs, as soon as it is known
 */
public record Guest(
    @Nullable String domain,
    @Nullable String networkId,
    @Nullable String startupScriptId,
    @Nullable String privateIp) {
  public static final Guest NONE = new Guest(null, null, null, null);
}
