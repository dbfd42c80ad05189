package io.platen.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.config.HypervisorSettings;
import io.platen.config.PublicIps;
import io.platen.database.Database;
import io.platen.hypervisor.Hypervisor;
import io.platen.machine.Machine;
import io.platen.machine.MachineDisk;
import io.platen.machine.MachineNetwork;
import io.platen.machine.MachineRepository;
import io.platen.machine.MachineState;
import io.platen.machine.MachinesOnNetworks;
import io.platen.model.Ids;
import io.platen.model.OperatingSystem;
import io.platen.model.Refusal;
import io.platen.paging.Cursors;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rules of private networks, without a libvirt. */
class PrivateNetworkServiceTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path directory;

  private final MachineRepository machines = new MachineRepository(new Cursors(new byte[32]));
  private final PrivateNetworkRepository rows =
      new PrivateNetworkRepository(new Cursors(new byte[32]));

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @SuppressWarnings("NullAway.Init")
  private PrivateNetworkService networks;

  @SuppressWarnings("NullAway.Init")
  private String team;

  @SuppressWarnings("NullAway.Init")
  private String other;

  @BeforeEach
  void open() {
    database = Database.open(Database.sqliteUrl(directory.resolve("x.db")));
    var none =
        new Hypervisor(
            new HypervisorSettings(
                HypervisorSettings.Mode.NONE,
                "",
                "default",
                HypervisorSettings.Acceleration.AUTO,
                Duration.ZERO,
                Duration.ofSeconds(1),
                PublicIps.DEFAULT));
    networks =
        new PrivateNetworkService(
            database,
            rows,
            new MachinesOnNetworks(),
            none,
            new LibvirtNetworks(database, rows, none, "in1"),
            () -> NOW);
    var teams = new TeamService(database, new TeamRepository(), () -> NOW);
    team = teams.team("a").id();
    other = teams.team("b").id();
  }

  @AfterEach
  void close() {
    database.close();
  }

  private PrivateNetwork create() {
    return database.transaction(handle -> networks.create(handle, team, "lab", "ny2"));
  }

  private void machineOn(String network) {
    database.change(
        handle ->
            machines.insert(
                handle,
                Machine.create(
                        Ids.machine(),
                        team,
                        "m",
                        MachineState.OFF,
                        "ny2",
                        "C1",
                        new OperatingSystem("LinuxHeadless", "", "x86_64", "bios"),
                        new MachineDisk(1 << 20, null, null),
                        NOW)
                    .withNetwork(MachineNetwork.in(network))));
  }

  private static void assertRefused(Refusal.Reason reason, Runnable work) {
    assertThatThrownBy(work::run)
        .isInstanceOfSatisfying(Refusal.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @Test
  void networksThatAreMadeAtOnceHaveSubnetsOfTheirOwn() throws Exception {
    var made = new ArrayList<Future<PrivateNetwork>>();
    try (var threads = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < 24; i++) {
        made.add(threads.submit(this::create));
      }
    }
    var prefixes = new ArrayList<String>();
    for (var network : made) {
      prefixes.add(network.get().prefix());
    }
    assertThat(prefixes).doesNotHaveDuplicates().allMatch(prefix -> prefix.startsWith("10.200."));
  }

  @Test
  void aSubnetIsGivenAgainWhenItsNetworkIsDeleted() {
    var first = create();
    var second = create();
    assertThat(second.number()).isNotEqualTo(first.number());
    assertThat(networks.delete(team, first.id()).dtDeleted()).isEqualTo(NOW);
    assertRefused(Refusal.Reason.NOT_FOUND, () -> networks.get(team, first.id()));
    assertRefused(Refusal.Reason.NOT_FOUND, () -> networks.delete(team, first.id()));
    assertThat(create().number()).isEqualTo(first.number());
    assertThat(
            database.<List<PrivateNetwork>, RuntimeException>read(
                handle -> rows.deleted(handle, List.of(first.id(), second.id(), "nunknown"))))
        .extracting(PrivateNetwork::id)
        .containsExactly(first.id());
  }

  @Test
  void aNetworkWithAMachineOnItStays() {
    var network = create();
    machineOn(network.id());
    assertRefused(Refusal.Reason.CONFLICT, () -> networks.delete(team, network.id()));
    assertThat(networks.get(team, network.id())).isEqualTo(network);
    database.change(
        handle -> handle.execute("UPDATE machine SET dt_deleted = 1 WHERE team_id = ?", team));
    assertThatThrownBy(() -> networks.delete(team, network.id()))
        .hasMessageContaining("still being removed");
    database.change(
        handle -> handle.execute("UPDATE machine SET dt_removed = 1 WHERE team_id = ?", team));
    networks.delete(team, network.id());
  }

  @Test
  void anotherTeamsNetworkIsUnknown() {
    var network = create();
    assertRefused(Refusal.Reason.NOT_FOUND, () -> networks.get(other, network.id()));
    assertRefused(Refusal.Reason.NOT_FOUND, () -> networks.delete(other, network.id()));
    assertThat(networks.get(team, network.id())).isEqualTo(network);
  }
}
