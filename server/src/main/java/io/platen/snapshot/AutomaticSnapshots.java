package io.platen.snapshot;

import io.platen.database.Database;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.machine.AutomationRows;
import io.platen.machine.Machine;
import io.platen.machine.MachineRepository;
import io.platen.machine.MachineState;
import io.platen.model.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Begins the snapshots that are due. When the next one of a machine is due is a column of its row,
 * changed in the transaction that begins one: so a restart misses none, and begins none twice. One
 * that was missed while no server ran is taken late, for the period in which it is taken.
 */
public final class AutomaticSnapshots {
  private static final Logger LOG = Logger.getLogger(AutomaticSnapshots.class);

  /** How many are begun at a time. The captures themselves wait in their queue. */
  private static final int BATCH = 100;

  /** A machine that starts or stops is looked at again after this time. */
  private static final int BUSY_SECONDS = 15;

  /** After this time what was refused is tried again. */
  private static final Duration REFUSED = Duration.ofHours(1);

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'").withZone(ZoneOffset.UTC);

  private final Database database;
  private final MachineRepository machines;
  private final EventRepository events;
  private final SnapshotService snapshots;
  private final Consumer<Handle> fence;
  private final InstantSource clock;

  /** The time of the last look. */
  private @Nullable Instant looked;

  /**
   * @param fence as of a {@link io.platen.job.JobRunner}
   */
  public AutomaticSnapshots(
      Database database,
      MachineRepository machines,
      EventRepository events,
      SnapshotService snapshots,
      Consumer<Handle> fence,
      InstantSource clock) {
    this.database = database;
    this.machines = machines;
    this.events = events;
    this.snapshots = snapshots;
    this.fence = fence;
    this.clock = clock;
  }

  /**
   * Begins those that are due.
   *
   * @return how many were begun
   */
  int begin() {
    var now = clock.instant();
    if (looked == null || now.isBefore(looked)) {
      bringNearer(now);
    }
    looked = now;
    int begun = 0;
    for (var id :
        database.read(handle -> AutomationRows.due(handle, database.node(), now, BATCH))) {
      begun += tried(id, now) ? 1 : 0;
    }
    return begun;
  }

  /** Without this a clock that was ahead for a moment would end the schedule until that time. */
  private void bringNearer(Instant now) {
    var moved =
        database.<List<String>, RuntimeException>transaction(
            handle -> {
              fence.accept(handle);
              return AutomationRows.bringNearer(handle, database.node(), now);
            });
    if (!moved.isEmpty()) {
      LOG.warnf(
          "the clock went back: the next automatic snapshots of %d machines were noted for a time that is too far ahead, and come sooner now",
          moved.size());
    }
  }

  /** One that is refused must not keep the others from being begun. */
  private boolean tried(String id, Instant now) {
    try {
      return database.transaction(handle -> begin(handle, id, now));
    } catch (Refusal e) {
      LOG.warnf("%s gets no automatic snapshot: %s", id, e.text());
      database.change(handle -> AutomationRows.due(handle, id, now.plus(REFUSED)));
      return false;
    }
  }

  private boolean begin(Handle handle, String id, Instant now) {
    fence.accept(handle);
    var found = machines.lockAny(handle, id);
    if (found.isEmpty() || !AutomationRows.isDue(handle, id, now)) {
      return false;
    }
    var machine = found.get();
    var settings = machine.automation().snapshots();
    var frequency = settings.frequency();
    if (!settings.isEnabled() || frequency == null) {
      AutomationRows.due(handle, id, null);
      return false;
    }
    if (events.isOpen(handle, id, EventName.SNAPSHOT_CREATE)) {
      // The one before is not done yet, or somebody takes one now.
      AutomationRows.due(handle, id, frequency.after(id, now));
      LOG.warnf("%s gets no automatic snapshot this time: one is being taken", id);
      return false;
    }
    if (!isSettled(machine)) {
      // It is looked at again in a moment.
      AutomationRows.due(handle, id, now.plusSeconds(BUSY_SECONDS));
      return false;
    }
    var snapshot =
        snapshots.createAutomatic(handle, machine, "Automatic snapshot " + TIME.format(now));
    AutomationRows.due(handle, id, frequency.after(id, now));
    LOG.infof("the automatic snapshot %s of %s is due", snapshot.id(), id);
    return true;
  }

  private static boolean isSettled(Machine machine) {
    return machine.state() == MachineState.OFF || machine.state() == MachineState.READY;
  }
}
