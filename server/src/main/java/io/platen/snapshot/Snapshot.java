package io.platen.snapshot;

import io.platen.machine.Machine;
import io.platen.model.Ids;
import io.platen.template.TemplateState;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * A machine's disk as it was once. It is stored as a template is, and ends with its machine.
 *
 * @param isAuto whether a schedule took it
 * @param isFresh whether the disk had no identity of its own yet, as one that was never started
 * @param diskBytes the size of the disk
 * @param indexDigest the SHA-256 of its index, in hexadecimal; null until the capture is done
 */
public record Snapshot(
    String id,
    String teamId,
    String machineId,
    String name,
    TemplateState state,
    boolean isAuto,
    boolean isFresh,
    long diskBytes,
    @Nullable String indexDigest,
    Instant dtCreated) {
  /** A snapshot whose capture begins now. */
  static Snapshot begun(Machine machine, String name, boolean isAuto, Instant now) {
    return new Snapshot(
        Ids.snapshot(),
        machine.teamId(),
        machine.id(),
        name,
        TemplateState.CAPTURING,
        isAuto,
        false,
        machine.disk().bytes(),
        null,
        now.truncatedTo(ChronoUnit.MILLIS));
  }
}
