package io.platen.hypervisor;

import java.util.List;
import java.util.Optional;

/**
 * What is noted of writes to a running machine's disk. In the files of a machine of Platen's it is
 * kept when QEMU ends; of other people's disks only their QEMU knows it, and their files stay as
 * they are.
 *
 * @param machineId for whose snapshots what is written from now on is noted; empty for none
 * @param since bitmaps that were begun at earlier times, those that are wanted most first
 */
public record WriteTracking(String machineId, List<String> since) {
  public static final WriteTracking NONE = new WriteTracking("", List.of());

  public WriteTracking {
    since = List.copyOf(since);
  }

  boolean isWanted() {
    return !machineId.isEmpty();
  }

  /** The bitmap to read that a node has. */
  Optional<String> usable(DirtyBitmaps.Node node) {
    return since.stream().filter(node::hasUsable).findFirst();
  }
}
