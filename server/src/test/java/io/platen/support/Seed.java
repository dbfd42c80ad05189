package io.platen.support;

import io.platen.app.Platen;
import io.platen.config.ConfigFile;
import io.platen.config.ServerConfig;
import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.event.Event;
import io.platen.machine.Machine;
import io.platen.machine.MachineDisk;
import io.platen.machine.MachineState;
import io.platen.model.OperatingSystem;
import io.platen.template.Template;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Fills the data directory of a running server with what the command line makes, through the same
 * objects, without starting a process for each.
 */
public final class Seed implements AutoCloseable {
  private final Platen platen;

  private Seed(Platen platen) {
    this.platen = platen;
  }

  /** As {@link #of(RunningServer)}, for a server with a configuration file. */
  public static Seed of(RunningServer server, Path config) throws Exception {
    return new Seed(
        Platen.open(ConfigFile.read(config, null, null, server.data()), InstantSource.system()));
  }

  public static Seed of(RunningServer server) throws IOException {
    return new Seed(Platen.open(ServerConfig.defaults(server.data()), InstantSource.system()));
  }

  public String key(String team) {
    return platen.teams().createKey(team, "test", false).secret();
  }

  public String readOnlyKey(String team) {
    return platen.teams().createKey(team, "test", true).secret();
  }

  /** A private network of a team, as where there is a hypervisor to make one. */
  public String network(String team, String name) {
    var id = io.platen.model.Ids.privateNetwork();
    try (var connection = java.sql.DriverManager.getConnection(platen.config().databaseUrl());
        var insert =
            connection.prepareStatement(
                "INSERT INTO private_network (id, team_id, name, name_folded, region, number, dt_created)"
                    + " VALUES (?, ?, ?, ?, 'ny2', 0, 0)")) {
      insert.setString(1, id);
      insert.setString(2, platen.teams().team(team).id());
      insert.setString(3, name);
      insert.setString(4, name);
      insert.executeUpdate();
    } catch (java.sql.SQLException e) {
      throw new IllegalStateException(e);
    }
    return id;
  }

  /** Claims an address for a team. */
  public void publicIp(String team, String ip) {
    try (var connection = java.sql.DriverManager.getConnection(platen.config().databaseUrl());
        var insert =
            connection.prepareStatement(
                "INSERT INTO public_ip (id, team_id, region, dt_created) VALUES (?, ?, 'ny2', 0)")) {
      insert.setString(1, ip);
      insert.setString(2, platen.teams().team(team).id());
      insert.executeUpdate();
    } catch (java.sql.SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Has the server import a raw disk.
   *
   * @param bytes the size that the disk had when its import was asked for
   * @return how the import ended
   */
  public Event imported(Path disk, long bytes) throws IOException {
    var template =
        Template.importing(
            io.platen.model.Ids.template(),
            "imported",
            "ny2",
            new OperatingSystem("LinuxHeadless", "Linux", "x86_64", "bios"),
            bytes,
            new Disk.Adopted(disk, DiskFormat.RAW),
            Instant.now().truncatedTo(ChronoUnit.MILLIS));
    String id = platen.osTemplates().create(template).event().id();
    return Awaitility.await("the import")
        .atMost(Duration.ofSeconds(30))
        .until(() -> platen.events().find(id).orElseThrow(), event -> event.state().isFinal());
  }

  /** A machine of a team, whose disk is read, if ever, when it is captured. */
  public String machine(String team, String name, Path disk, long bytes) {
    return machine(team, name, disk, bytes, "ny2", "C5", "LinuxHeadless", null);
  }

  /** A machine of the default team on a disk that is there. */
  public String adopt(Path disk, DiskFormat format) throws IOException {
    var adopted = new Disk.Adopted(disk, format);
    return machine(
        "default",
        "adopted",
        adopted,
        adopted.header().virtualSize(),
        "ny2",
        "C5",
        "LinuxHeadless",
        null);
  }

  public String machine(
      String team,
      String name,
      Path disk,
      long bytes,
      String region,
      String type,
      String agent,
      @Nullable Instant created) {
    var adopted = new Disk.Adopted(disk, DiskFormat.RAW);
    return machine(team, name, adopted, bytes, region, type, agent, created);
  }

  private String machine(
      String team,
      String name,
      Disk.Adopted disk,
      long bytes,
      String region,
      String type,
      String agent,
      @Nullable Instant created) {
    var id = io.platen.model.Ids.machine();
    Instant now = created == null ? Instant.now().truncatedTo(ChronoUnit.MILLIS) : created;
    platen
        .machines()
        .adopt(
            Machine.create(
                id,
                platen.teams().team(team).id(),
                name,
                MachineState.OFF,
                region,
                type,
                new OperatingSystem(agent, "Debian 13", "x86_64", "bios"),
                MachineDisk.adopted(disk, bytes, null),
                now));
    return id;
  }

  @Override
  public void close() {
    platen.close();
  }
}
