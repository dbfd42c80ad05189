package io.platen.machine;

import io.platen.network.PrivateNetwork;
import io.platen.network.PrivateNetworkRepository;
import io.platen.startupscript.StartupScriptRepository;
import io.platen.team.Team;
import io.platen.team.TeamRepository;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What a lost machine belongs to: found in the database, or made again where it is missing. */
public final class LostOwners {
  private final TeamRepository teams;
  private final PrivateNetworkRepository networks;
  private final StartupScriptRepository scripts;
  private final InstantSource clock;

  public LostOwners(
      TeamRepository teams,
      PrivateNetworkRepository networks,
      StartupScriptRepository scripts,
      InstantSource clock) {
    this.teams = teams;
    this.networks = networks;
    this.scripts = scripts;
    this.clock = clock;
  }

  /** The name of a team; empty where there is none. */
  String teamName(Handle handle, String id) {
    return teams.findTeamById(handle, id).map(Team::name).orElse("");
  }

  boolean hasNetwork(Handle handle, String teamId, String id) {
    return networks.find(handle, teamId, id).isPresent();
  }

  /** The team of this id or, in another database, of this name; made where there is neither. */
  Team team(Handle handle, MachineFile.Owner owner) {
    return teams
        .findTeamById(handle, owner.id())
        .or(() -> teams.findTeam(handle, owner.name()))
        .orElseGet(
            () -> {
              var team =
                  new Team(
                      owner.id(), owner.name(), clock.instant().truncatedTo(ChronoUnit.MILLIS));
              teams.insertTeam(handle, team);
              return team;
            });
  }

  /** Makes the private network again, in its subnet, where the database knows nothing of it. */
  void restore(Handle handle, Team team, MachineFile.Network network) {
    if (!networks.isKnown(handle, network.id())) {
      networks.insert(
          handle,
          new PrivateNetwork(
              network.id(),
              team.id(),
              network.name(),
              network.region(),
              network.number(),
              clock.instant().truncatedTo(ChronoUnit.MILLIS),
              null));
    }
  }

  /** The startup script of a machine; null, and a remark, where the database does not know it. */
  @Nullable String script(Handle handle, Team team, MachineFile file, List<String> remarks) {
    String id = file.startupScriptId();
    if (id == null || scripts.find(handle, team.id(), id).isPresent()) {
      return id;
    }
    remarks.add(
        "the database does not know its startup script %s: it starts without".formatted(id));
    return null;
  }
}
