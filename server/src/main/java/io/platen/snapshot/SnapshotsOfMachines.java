package io.platen.snapshot;

import io.platen.event.EventName;
import io.platen.job.JobService;
import io.platen.machine.AutomationRows;
import io.platen.machine.MachineRepository;
import io.platen.machine.MachineSnapshots;
import io.platen.model.Refusal;
import io.platen.template.TemplateDeletion;
import io.platen.template.TemplateRepository;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/** Snapshots, as work on their machines meets them. */
public final class SnapshotsOfMachines implements MachineSnapshots {
  private static final Logger LOG = Logger.getLogger(SnapshotsOfMachines.class);

  /** When an automatic snapshot that was given up is begun again. */
  private static final Duration AGAIN = Duration.ofMinutes(10);

  private final SnapshotRepository snapshots;
  private final TemplateRepository templates;
  private final TemplateDeletion deletion;
  private final MachineRepository machines;
  private final JobService jobs;
  private final InstantSource clock;

  public SnapshotsOfMachines(
      SnapshotRepository snapshots,
      TemplateRepository templates,
      TemplateDeletion deletion,
      MachineRepository machines,
      JobService jobs,
      InstantSource clock) {
    this.snapshots = snapshots;
    this.templates = templates;
    this.deletion = deletion;
    this.machines = machines;
    this.jobs = jobs;
    this.clock = clock;
  }

  @Override
  public void makeWay(Handle handle, String machineId) {
    for (var snapshot : snapshots.underWay(handle, machineId)) {
      if (!snapshot.isAuto()) {
        throw Refusal.conflict(
            "A snapshot of machine %s is being taken; wait for its snapshot-create event to end, or delete the snapshot %s."
                .formatted(machineId, snapshot.id()));
      }
      templates.fail(handle, snapshot.id(), clock.instant());
      jobs.cancelByTemplate(handle, snapshot.id(), EventName.SNAPSHOT_CREATE);
      AutomationRows.dueBy(handle, machineId, clock.instant().plus(AGAIN));
      LOG.infof(
          "the automatic snapshot %s of %s is given up: the machine has other work",
          snapshot.id(), machineId);
    }
  }

  @Override
  public void machineDeleted(Handle handle, String machineId, Instant now) {
    deletion.deleteSnapshots(handle, machineId, now);
  }

  @Override
  public void machineLaunched(Handle handle, String machineId) {
    if (!AutomationRows.takeInitialSnapshot(handle, machineId)) {
      return;
    }
    var machine = machines.find(handle, machineId);
    if (machine.isPresent()) {
      var snapshot = Snapshot.begun(machine.get(), "Initial snapshot", false, clock.instant());
      snapshots.insert(handle, snapshot, machine.get(), null);
      jobs.create(handle, snapshot.teamId(), machineId, snapshot.id(), EventName.SNAPSHOT_CREATE);
    }
  }

  @Override
  public List<String> indexesOf(Handle handle, List<String> machineIds) {
    return snapshots.idsOf(handle, machineIds);
  }
}
