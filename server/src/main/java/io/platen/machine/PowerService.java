package io.platen.machine;

import io.platen.database.Database;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.hypervisor.Hypervisor;
import io.platen.job.JobService;
import io.platen.model.Refusal;
import io.platen.paging.SortKeyHistory;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;

/**
 * The rules by which machines are started, stopped and restarted; {@link MachinePower} is the job
 * that does it.
 */
public final class PowerService {
  private final Database database;
  private final MachineRepository machines;
  private final JobService jobs;
  private final Hypervisor hypervisor;
  private final InstantSource clock;
  private final MachineBusy busy;

  public PowerService(
      Database database,
      MachineRepository machines,
      EventRepository eventRows,
      JobService jobs,
      Hypervisor hypervisor,
      InstantSource clock) {
    this.database = database;
    this.machines = machines;
    this.jobs = jobs;
    this.hypervisor = hypervisor;
    this.clock = clock;
    busy = new MachineBusy(eventRows);
  }

  /**
   * Begins to start a machine that is off.
   *
   * @throws Refusal UNSUPPORTED where there is no hypervisor, CONFLICT where the machine is not off
   *     or is being captured
   */
  public MachineAndEvent start(String teamId, String id) {
    return power(teamId, id, MachineState.OFF, MachineState.STARTING, EventName.START);
  }

  /** Begins to stop a machine that runs; see {@link #start}. */
  public MachineAndEvent stop(String teamId, String id) {
    return power(teamId, id, MachineState.READY, MachineState.STOPPING, EventName.STOP);
  }

  /** Begins to restart a machine that runs; see {@link #start}. */
  public MachineAndEvent restart(String teamId, String id) {
    return power(teamId, id, MachineState.READY, MachineState.RESTARTING, EventName.RESTART);
  }

  private MachineAndEvent power(
      String teamId, String id, MachineState from, MachineState through, EventName name) {
    // Another team's machine is unknown, whatever there is to run it.
    var _ =
        database
            .read(handle -> machines.find(handle, id))
            .filter(machine -> machine.teamId().equals(teamId))
            .orElseThrow(() -> Refusal.notFound("machine", id));
    requireHypervisor();
    return database.transaction(
        handle -> {
          // The team's row before the machine's, as everywhere.
          SortKeyHistory.begin(handle, teamId);
          var machine = machines.lock(handle, teamId, id);
          if (machine.domain().isEmpty()) {
            throw Refusal.unsupported(
                "Machine %s was adopted as a disk only; adopt its domain with \"platen machine adopt --domain\" to run it."
                    .formatted(id));
          }
          if (machine.state() != from) {
            throw MachineBusy.refusal(machine);
          }
          busy.refuseDuringCapture(handle, id);
          machines.changeState(handle, id, through, clock.instant().truncatedTo(ChronoUnit.MILLIS));
          var event = jobs.create(handle, teamId, id, null, name);
          return new MachineAndEvent(machines.lock(handle, teamId, id), event);
        });
  }

  /** Whether machines can run here. */
  public boolean hasHypervisor() {
    return hypervisor.isThere();
  }

  /**
   * Refuses where machines can't run.
   *
   * @throws Refusal UNSUPPORTED, saying why
   */
  public void requireHypervisor() {
    if (!hypervisor.isThere()) {
      throw Refusal.unsupported(
          "No hypervisor is set up on this server, so machines have disks but can't run: %s; \"platen doctor\" says what it needs."
              .formatted(hypervisor.absence()));
    }
  }
}
