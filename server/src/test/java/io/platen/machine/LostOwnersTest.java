package io.platen.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.database.Database;
import io.platen.network.PrivateNetworkRepository;
import io.platen.paging.Cursors;
import io.platen.startupscript.StartupScriptRepository;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LostOwnersTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final MachineFile.Network NETWORK = new MachineFile.Network("n1", "lab", "ny2", 7);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  private final TeamRepository teams = new TeamRepository();
  private final PrivateNetworkRepository networks =
      new PrivateNetworkRepository(new Cursors(new byte[32]));
  private final LostOwners owners =
      new LostOwners(
          teams, networks, new StartupScriptRepository(new Cursors(new byte[32])), () -> NOW);

  @SuppressWarnings("NullAway.Init")
  private Database database;

  @BeforeEach
  void open() {
    database = Database.open(Database.sqliteUrl(directory.resolve("x.db")));
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aTeamIsFoundByItsIdThenByItsNameAndIsMadeOtherwise() {
    var there = new TeamService(database, teams, () -> NOW).team("a");
    database.change(
        handle -> {
          var byId = owners.team(handle, new MachineFile.Owner(there.id(), "renamed since"));
          assertThat(byId.name()).isEqualTo("a");
          assertThat(owners.team(handle, new MachineFile.Owner("te9", "a")).id())
              .isEqualTo(there.id());
          assertThat(owners.teamName(handle, "te9")).isEmpty();
          assertThat(owners.team(handle, new MachineFile.Owner("te9", "b")).id()).isEqualTo("te9");
          assertThat(owners.teamName(handle, "te9")).isEqualTo("b");
        });
  }

  @Test
  void aNetworkIsMadeAgainOnce() {
    var team = new TeamService(database, teams, () -> NOW).team("a");
    database.change(
        handle -> {
          assertThat(owners.hasNetwork(handle, team.id(), "n1")).isFalse();
          owners.restore(handle, team, NETWORK);
          owners.restore(handle, team, new MachineFile.Network("n1", "other", "ny2", 8));
          assertThat(owners.hasNetwork(handle, team.id(), "n1")).isTrue();
          var made = networks.find(handle, team.id(), "n1").orElseThrow();
          assertThat(made.name()).isEqualTo("lab");
          assertThat(made.number()).isEqualTo(7);
        });
  }

  @Test
  void aScriptThatIsNotKnownIsLeftOutWithARemark() {
    var team = new TeamService(database, teams, () -> NOW).team("a");
    var remarks = new ArrayList<String>();
    database.change(
        handle ->
            assertThat(owners.script(handle, team, file(), remarks)).as("the script").isNull());
    assertThat(remarks).singleElement().asString().contains("sc1");
  }

  private static MachineFile file() {
    return new MachineFile(
        MachineFile.VERSION,
        "ps1",
        new MachineFile.Owner("te1", "a"),
        "m",
        "C5",
        "LinuxHeadless",
        "Debian 13",
        "ny2",
        "x86_64",
        "bios",
        50L << 30,
        "t1",
        "0123456789abcdef".repeat(4),
        NETWORK,
        "sc1",
        null,
        1_767_225_600_000L);
  }
}
