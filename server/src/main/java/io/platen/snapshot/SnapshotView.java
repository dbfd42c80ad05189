package io.platen.snapshot;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A snapshot as clients see it: these keys and no others. */
@Schema(name = "Snapshot")
public record SnapshotView(String id, String name, String machineId, boolean isAutoSnapshot) {
  static SnapshotView of(Snapshot snapshot) {
    return new SnapshotView(
        snapshot.id(), snapshot.name(), snapshot.machineId(), snapshot.isAuto());
  }
}
