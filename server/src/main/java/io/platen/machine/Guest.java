package io.platen.machine;

import org.jspecify.annotations.Nullable;

/**
 * What a machine is as a guest of the hypervisor.
 *
 * @param domain the UUID of an adopted domain; null for machines that were launched here
 * @param startupScriptId run by cloud-init when it boots
 */
public record Guest(@Nullable String domain, @Nullable String startupScriptId) {
  public static final Guest NONE = new Guest(null, null);
}
