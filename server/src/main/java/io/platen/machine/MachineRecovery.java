package io.platen.machine;

import io.platen.database.Database;
import io.platen.event.EventName;
import io.platen.hypervisor.DomainDescription;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.OwnDomains;
import io.platen.job.JobService;
import io.platen.machine.RemovalRepository.Known;
import io.platen.node.Node;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Takes machines on again that are here and that the database does not know. The machine keeps its
 * id, its disk and its template; its team and its private network are made where they are missing;
 * and its state is what libvirt says.
 */
public final class MachineRecovery {
  private final Database database;
  private final MachineRepository machines;
  private final RemovalRepository removals;
  private final LostMachines lost;
  private final UndoneDeletions undone;
  private final Hypervisor hypervisor;
  private final OwnDomains domains;
  private final LostOwners owners;
  private final JobService jobs;
  private final InstantSource clock;

  public MachineRecovery(
      Database database,
      MachineRepository machines,
      RemovalRepository removals,
      LostMachines lost,
      Node node,
      LostOwners owners,
      JobService jobs,
      InstantSource clock) {
    this.database = database;
    this.machines = machines;
    this.removals = removals;
    this.lost = lost;
    this.undone = new UndoneDeletions(node.data());
    this.hypervisor = node.hypervisor();
    this.domains = node.domains();
    this.owners = owners;
    this.jobs = jobs;
    this.clock = clock;
  }

  /**
   * A machine that was taken on again.
   *
   * @param team its name
   * @param remarks what the operator should know: what is missing, and what was left out
   */
  public record Recovered(Machine machine, String team, List<String> remarks) {}

  /**
   * Takes a machine on again.
   *
   * @param deleted whether also one that the database records as deleted; no server may run on the
   *     data directory then, since it would go on to remove it
   * @throws IOException where that can't be; the message says why
   */
  public Recovered recover(String id, boolean deleted) throws IOException, InterruptedException {
    var known = database.read(handle -> removals.find(handle, id));
    if (known.orElse(null) == Known.PRESENT) {
      throw new IOException("the database knows the machine %s already".formatted(id));
    }
    if (known.isPresent() && !deleted) {
      throw new IOException(
          "the machine %s is recorded as deleted; with --deleted it is taken on all the same"
              .formatted(id));
    }
    var found = lost.look(id);
    if (!found.hasDisk() || (found.file() == null && known.isEmpty())) {
      throw new IOException(
          "the machine %s can't be taken on again; it lacks: %s"
              .formatted(id, String.join(", ", found.missing())));
    }
    var state = state(id);
    var remarks = new ArrayList<>(found.missing());
    remarks.replaceAll(what -> "missing: " + what);
    var deletion = database.read(handle -> removals.deleted(handle, id));
    var recovered =
        database.<Recovered, IOException>transaction(
            handle -> write(handle, found, state, remarks));
    if (deletion.isPresent()) {
      undone.note(id, deletion.get());
    }
    return recovered;
  }

  /** What libvirt says. The domain is marked as this installation's where it is not yet. */
  private MachineState state(String id) throws IOException, InterruptedException {
    // Without libvirt nothing is known to run; the watch sees it as soon as libvirt answers.
    Optional<DomainDescription> domain =
        hypervisor.isThere() ? domains.claim(id) : Optional.empty();
    return domain.map(DomainDescription::isActive).orElse(false)
        ? MachineState.READY
        : MachineState.OFF;
  }

  private Recovered write(
      Handle handle, LostMachine found, MachineState state, List<String> remarks)
      throws IOException {
    var known = removals.find(handle, found.id());
    if (known.orElse(null) == Known.PRESENT) {
      throw new IOException("the machine %s was taken on in this moment".formatted(found.id()));
    }
    if (known.isPresent()) {
      // The machine's row before the event's, as everywhere.
      var _ = machines.lockAny(handle, found.id());
      jobs.cancelByMachine(handle, found.id(), EventName.DEACTIVATE);
      removals.undelete(handle, found.id(), state, now());
    } else {
      insert(handle, requireFile(found), state, remarks);
    }
    var machine = machines.require(handle, found.id());
    String network = machine.network().networkId();
    if (network != null && !owners.hasNetwork(handle, machine.teamId(), network)) {
      remarks.add(
          "its private network %s is deleted, or another one has its subnet: it can't start"
              .formatted(network));
    }
    return new Recovered(machine, owners.teamName(handle, machine.teamId()), remarks);
  }

  private static MachineFile requireFile(LostMachine found) throws IOException {
    var file = found.file();
    if (file == null) {
      throw new IOException("nothing says what the machine %s is".formatted(found.id()));
    }
    return file;
  }

  private void insert(Handle handle, MachineFile file, MachineState state, List<String> remarks) {
    String node = database.node();
    var team = owners.team(handle, file.team());
    var network = file.network();
    if (network != null) {
      owners.restore(handle, team, network);
    }
    String script = owners.script(handle, team, file, remarks);
    var machine = file.machine(team.id(), state, script, now());
    machines.insert(handle, machine, node);
    AutomationRows.launched(handle, machine.id(), machine.automation(), false, now());
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
