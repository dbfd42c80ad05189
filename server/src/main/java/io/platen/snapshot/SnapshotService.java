package io.platen.snapshot;

import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.job.JobService;
import io.platen.machine.BaseTemplate;
import io.platen.machine.Machine;
import io.platen.machine.MachineBusy;
import io.platen.machine.MachineRepository;
import io.platen.machine.MachineSnapshots;
import io.platen.machine.MachineState;
import io.platen.model.Gigabytes;
import io.platen.model.ObjectName;
import io.platen.model.Refusal;
import io.platen.paging.Filter;
import io.platen.paging.ListRequest;
import io.platen.paging.Page;
import io.platen.paging.SortKeyHistory;
import io.platen.template.Damage;
import io.platen.template.TemplateDeletion;
import io.platen.template.TemplateRepository;
import io.platen.template.TemplateState;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The rules of snapshots. */
public final class SnapshotService {
  private final Database database;
  private final SnapshotRepository snapshots;
  private final TemplateRepository templates;
  private final TemplateDeletion deletion;
  private final MachineRepository machines;
  private final EventRepository events;
  private final MachineBusy busy;
  private final JobService jobs;
  private final InstantSource clock;

  /**
   * @param others what of snapshots is under way when a restore begins
   */
  public SnapshotService(
      Database database,
      SnapshotRepository snapshots,
      TemplateRepository templates,
      TemplateDeletion deletion,
      MachineRepository machines,
      EventRepository events,
      MachineSnapshots others,
      JobService jobs,
      InstantSource clock) {
    this.database = database;
    this.snapshots = snapshots;
    this.templates = templates;
    this.deletion = deletion;
    this.machines = machines;
    this.events = events;
    busy = new MachineBusy(events, others);
    this.jobs = jobs;
    this.clock = clock;
  }

  /** A snapshot and the event of what is under way for it. */
  public record SnapshotAndEvent(Snapshot snapshot, Event event) {}

  /**
   * A team's snapshots.
   *
   * @param deleted whether those that can be undeleted, instead of those that are not deleted
   */
  public Page<Snapshot> list(ListRequest request, Optional<String> machineId, boolean deleted) {
    var filters = new ArrayList<Filter>();
    filters.add(Filter.equal("team_id", request.teamId()));
    filters.add(
        Filter.that(
            deleted
                ? "o.dt_deleted IS NOT NULL AND o.dt_purged IS NULL AND o.is_snapshot = 1"
                : "o.dt_deleted IS NULL AND o.is_snapshot = 1"));
    machineId.ifPresent(id -> filters.add(Filter.equal("parent_machine_id", id)));
    return database.query(queries -> snapshots.list(queries, request, filters));
  }

  /**
   * A team's snapshot.
   *
   * @throws Refusal NOT_FOUND where the team has no such snapshot
   */
  public Snapshot get(String teamId, String id) {
    return require(database.query(queries -> snapshots.find(queries, id)), teamId, id);
  }

  private Snapshot get(Handle handle, String teamId, String id) {
    return require(snapshots.find(handle, id), teamId, id);
  }

  private static Snapshot require(Optional<Snapshot> found, String teamId, String id) {
    return found
        .filter(snapshot -> snapshot.teamId().equals(teamId))
        .orElseThrow(() -> Refusal.notFound("snapshot", id));
  }

  /**
   * Begins a snapshot of a machine, in the caller's transaction.
   *
   * @throws Refusal NOT_FOUND where the team has no such machine, CONFLICT where it is neither off
   *     nor running
   */
  public SnapshotAndEvent create(Handle handle, String teamId, String machineId, String name) {
    var machine = machines.lock(handle, teamId, machineId);
    requireSettled(machine);
    var snapshot = insert(handle, machine, name, false, null);
    var event = jobs.create(handle, teamId, machineId, snapshot.id(), EventName.SNAPSHOT_CREATE);
    return new SnapshotAndEvent(snapshot, event);
  }

  /**
   * Begins a snapshot by the schedule, in the caller's transaction.
   *
   * @param machine locked, and off or running
   */
  Snapshot createAutomatic(Handle handle, Machine machine, String name) {
    var snapshot = insert(handle, machine, name, true, null);
    jobs.create(handle, machine.teamId(), machine.id(), snapshot.id(), EventName.SNAPSHOT_CREATE);
    return snapshot;
  }

  private static void requireSettled(Machine machine) {
    if (machine.state() != MachineState.OFF && machine.state() != MachineState.READY) {
      throw Refusal.conflict(
          "Machine %s is currently %s; wait for that to end."
              .formatted(machine.id(), machine.state().label()));
    }
  }

  private Snapshot insert(
      Handle handle, Machine machine, String name, boolean isAuto, @Nullable String restoreEvent) {
    if (Gigabytes.smallestFor(machine.disk().bytes()).isEmpty()) {
      throw Refusal.invalid(
          "machineId",
          "the disk of %s holds %d bytes; a snapshot holds at most %d GB"
              .formatted(machine.id(), machine.disk().bytes(), Gigabytes.SIZES.getLast()));
    }
    var snapshot = Snapshot.begun(machine, name, isAuto, now());
    snapshots.insert(handle, snapshot, machine, restoreEvent);
    return snapshot;
  }

  public Snapshot rename(String teamId, String id, String name) {
    return database.transaction(
        handle -> {
          long version = SortKeyHistory.begin(handle, teamId);
          var snapshot = get(handle, teamId, id);
          if (!snapshot.name().equals(name)) {
            snapshots.rename(handle, version, snapshot, name, now());
          }
          return get(handle, teamId, id);
        });
  }

  /**
   * Deletes a snapshot, and cancels its capture if that is under way. Machines whose disks stand on
   * it keep what they need.
   *
   * @param purge whether it is deleted for good; it may be deleted already then
   * @throws Refusal CONFLICT while a restore works with it
   */
  public SnapshotAndEvent delete(String teamId, String id, boolean purge) {
    return database.transaction(
        handle -> {
          String machineId = require(findToDelete(handle, id, purge), teamId, id).machineId();
          // It may be deleted, where the snapshot was undeleted after that.
          machines.lockAny(handle, machineId);
          snapshots.lock(handle, id);
          var snapshot = require(findToDelete(handle, id, purge), teamId, id);
          if (events.isOpen(handle, machineId, EventName.SNAPSHOT_RESTORE)
              && (events.isOpenFor(handle, id, EventName.SNAPSHOT_RESTORE)
                  || snapshot.state() == TemplateState.CAPTURING)) {
            throw Refusal.conflict(
                "Machine %s is being restored with this snapshot; wait for its snapshot-restore event to end."
                    .formatted(machineId));
          }
          if (purge) {
            deletion.purge(handle, id, now());
          } else {
            deletion.delete(handle, id, now());
          }
          jobs.cancelByTemplate(handle, id, EventName.SNAPSHOT_CREATE);
          var event = jobs.create(handle, teamId, machineId, id, EventName.SNAPSHOT_DELETE);
          return new SnapshotAndEvent(snapshot, event);
        });
  }

  private Optional<Snapshot> findToDelete(Handle handle, String id, boolean purge) {
    var found = snapshots.find(handle, id);
    return purge ? found.or(() -> snapshots.findDeleted(handle, id)) : found;
  }

  /**
   * Undoes a deletion, in the caller's transaction: that of the snapshot, or that of its machine,
   * which does not come back. No schedule removes the snapshot from then on.
   *
   * @throws Refusal NOT_FOUND where the team has no such snapshot, or it can't be undeleted any
   *     more; CONFLICT where it is not deleted
   */
  public Snapshot undelete(Handle handle, String teamId, String id) {
    refuseUnlessDeleted(handle, teamId, id);
    var deleted = snapshots.findDeleted(handle, id);
    if (deleted.filter(found -> found.teamId().equals(teamId)).isEmpty()
        || !deletion.undelete(handle, id)) {
      // Another request may have undeleted it since.
      refuseUnlessDeleted(handle, teamId, id);
      throw Refusal.notFound("snapshot", id);
    }
    snapshots.takeFromSchedule(handle, id);
    return get(handle, teamId, id);
  }

  private void refuseUnlessDeleted(Handle handle, String teamId, String id) {
    if (snapshots.find(handle, id).filter(found -> found.teamId().equals(teamId)).isPresent()) {
      throw Refusal.conflict("Snapshot %s is not deleted.".formatted(id));
    }
  }

  /** Undoes a capture: its snapshot is deleted. */
  public void undoCapture(Handle handle, Event capture) {
    String id = capture.requireTemplateId();
    if (deletion.delete(handle, id, now())) {
      jobs.cancelByTemplate(handle, id, EventName.SNAPSHOT_CREATE);
    }
  }

  private Snapshot lock(Handle handle, String teamId, String id) {
    return require(snapshots.lock(handle, id), teamId, id);
  }

  /**
   * Begins to give a machine's disk back what it held when the snapshot was taken, in the caller's
   * transaction. A machine that runs is stopped first, and started again afterwards.
   *
   * @param snapshotBefore whether a snapshot of what the disk holds now is taken first
   * @throws Refusal NOT_FOUND where the team has no such snapshot, CONFLICT where it is not
   *     complete or the machine is busy, UNSUPPORTED where the machine's disk is not Platen's
   */
  public SnapshotAndEvent restore(Handle handle, String teamId, String id, boolean snapshotBefore) {
    // The team's row before the machine's, as everywhere.
    SortKeyHistory.begin(handle, teamId);
    String machineId = get(handle, teamId, id).machineId();
    var machine =
        machines
            .lockAny(handle, machineId)
            .orElseThrow(
                () ->
                    Refusal.conflict(
                        "Machine %s is deleted, and this snapshot was undeleted since; launch a machine from it instead (POST /machines with its id as the templateId)."
                            .formatted(machineId)));
    var snapshot = lock(handle, teamId, id);
    String digest = requireComplete(handle, snapshot);
    if (machine.disk().base() == null) {
      throw Refusal.unsupported(
          "The disk of machine %s was adopted, and Platen never writes to such a disk; launch a machine from the snapshot instead (POST /machines with its id as the templateId)."
              .formatted(machineId));
    }
    requireSettled(machine);
    busy.makeWay(handle, machineId);
    var during =
        machine.state() == MachineState.READY ? MachineState.RESTARTING : MachineState.UPGRADING;
    machines.changeState(handle, machineId, during, now());
    machines.expect(handle, machineId, new BaseTemplate(id, digest));
    var event = jobs.create(handle, teamId, machineId, id, EventName.SNAPSHOT_RESTORE);
    if (snapshotBefore) {
      insert(handle, machine, nameBefore(snapshot), false, event.id());
    }
    return new SnapshotAndEvent(snapshot, event);
  }

  private static String nameBefore(Snapshot snapshot) {
    String name = "Before the restore of " + snapshot.name();
    int length = name.codePointCount(0, name.length());
    return length <= ObjectName.MAXIMUM
        ? name
        : name.substring(0, name.offsetByCodePoints(0, ObjectName.MAXIMUM)).strip();
  }

  private String requireComplete(Handle handle, Snapshot snapshot) {
    String digest = snapshot.indexDigest();
    if (snapshot.state() == TemplateState.DAMAGED) {
      throw Refusal.conflict(
          "Snapshot %s can't be restored: %s."
              .formatted(
                  snapshot.id(),
                  templates
                      .damage(handle, snapshot.id())
                      .map(Damage::what)
                      .orElse("it is damaged")));
    }
    if (snapshot.state() != TemplateState.AVAILABLE || digest == null) {
      throw Refusal.conflict(
          "Snapshot %s is still being taken; wait for its snapshot-create event to end."
              .formatted(snapshot.id()));
    }
    return digest;
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
