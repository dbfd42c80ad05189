package io.platen.machine;

import io.platen.config.DataDirectory;
import io.platen.database.Database;
import io.platen.linux.OwnerOnly;
import io.platen.network.PrivateNetwork;
import io.platen.network.PrivateNetworkRepository;
import io.platen.node.OwnFile;
import io.platen.team.TeamRepository;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;

/**
 * Keeps {@code machine.json} beside the disk of each machine that was launched here: written before
 * the disk is, and again when the machine has changed.
 */
public final class MachineFiles {
  private final Database database;
  private final MachineRepository machines;
  private final TeamRepository teams;
  private final PrivateNetworkRepository networks;
  private final DataDirectory data;

  /** Of machines whose file is known to be right, a hash of what can change. */
  private final Map<String, Integer> known = new ConcurrentHashMap<>();

  public MachineFiles(
      Database database,
      MachineRepository machines,
      TeamRepository teams,
      PrivateNetworkRepository networks,
      DataDirectory data) {
    this.database = database;
    this.machines = machines;
    this.teams = teams;
    this.networks = networks;
    this.data = data;
  }

  /** Writes the file of a launched machine, and makes its directory. */
  public void write(Machine machine) throws IOException {
    var file = database.read(handle -> file(handle, machine));
    var _ = OwnerOnly.createDirectory(data.machine(machine.id()));
    OwnFile.write(data.machineFile(machine.id()), file.text());
  }

  /** Whether the file of a machine may be missing, or hold what the machine was before. */
  boolean mayBeStale(Machine machine) {
    return machine.disk().base() != null
        && !Objects.equals(known.get(machine.id()), changeable(machine));
  }

  private static int changeable(Machine machine) {
    return Objects.hash(
        machine.name(),
        machine.machineType(),
        machine.disk(),
        machine.network().networkId(),
        machine.guest().startupScriptId(),
        machine.automation());
  }

  /**
   * Writes the file of a machine that is not deleted, unless it is right. Where the row is older
   * than the disk, as after an older database was put back, the file stays: a recovery reads it.
   */
  void refresh(String machineId) throws IOException {
    var machine = database.read(handle -> machines.find(handle, machineId));
    if (machine.isEmpty() || MachineBases.isBehind(data, machineId, machine.get().disk().base())) {
      return;
    }
    var text = database.read(handle -> file(handle, machine.get())).text();
    var path = data.machineFile(machineId);
    if (!Files.exists(path) || !Files.readString(path).equals(text)) {
      OwnFile.write(path, text);
    }
    known.put(machineId, changeable(machine.get()));
  }

  /** Forgets the machines that are not among these. */
  void keep(Set<String> machineIds) {
    known.keySet().retainAll(machineIds);
  }

  private MachineFile file(Handle handle, Machine machine) {
    var base = Objects.requireNonNull(machine.disk().base(), "only launched machines have a file");
    var team = teams.findTeamById(handle, machine.teamId()).orElseThrow();
    String networkId = machine.network().networkId();
    var network =
        networkId == null ? null : networks.find(handle, machine.teamId(), networkId).orElse(null);
    return new MachineFile(
        MachineFile.VERSION,
        machine.id(),
        new MachineFile.Owner(team.id(), team.name()),
        machine.name(),
        machine.machineType(),
        machine.os().agentType(),
        machine.os().label(),
        machine.region(),
        machine.os().architecture(),
        machine.os().firmware(),
        machine.disk().bytes(),
        base.templateId(),
        base.indexDigest(),
        network == null ? null : network(network),
        machine.guest().startupScriptId(),
        MachineFile.Automatic.of(machine.automation()),
        machine.dtCreated().toEpochMilli());
  }

  private static MachineFile.Network network(PrivateNetwork network) {
    return new MachineFile.Network(
        network.id(), network.name(), network.region(), network.number());
  }
}
