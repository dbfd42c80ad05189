package io.platen.catalog;

import java.util.Set;

/**
 * A size of machine.
 *
 * @param ram bytes
 * @param gpu the label of the accelerator it has, empty for none
 * @param gpuMemory of the accelerator, in bytes; 0 where there is none or the catalog does not say
 * @param regions the short names of the regions that offer it
 * @param architecture of its processor, such as x86_64
 * @param firmware which firmware it can boot, such as bios and uefi
 */
public record MachineType(
    String label,
    int cpus,
    long ram,
    String gpu,
    long gpuMemory,
    Set<String> regions,
    String architecture,
    Set<String> firmware) {
  public MachineType {
    regions = Set.copyOf(regions);
    firmware = Set.copyOf(firmware);
  }

  /** Whether a disk made for this architecture and firmware boots on it. */
  public boolean boots(String diskArchitecture, String diskFirmware) {
    return architecture.equals(diskArchitecture) && firmware.contains(diskFirmware);
  }
}
