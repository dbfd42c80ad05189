package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.support.MachineHost;
import io.platen.support.PrivateLibvirt;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Machines that the database does not know are left alone, named, and taken on again. */
class MachineRecoveryIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static MachineHost host;
  private static PrivateLibvirt libvirt;

  @BeforeAll
  static void start() throws Exception {
    host = MachineHost.get();
    libvirt = host.libvirt();
  }

  private static Path database() {
    return host.server().data().resolve("platen.db");
  }

  /** A copy of the database as it is now. */
  private static Path copy(String name) throws Exception {
    Path copy = host.root().resolve(name);
    try (var database = DriverManager.getConnection("jdbc:sqlite:" + database());
        var statement = database.createStatement()) {
      statement.execute("VACUUM INTO '" + copy + "'");
    }
    return copy;
  }

  private static void putBack(Path copy) throws Exception {
    host.server().terminate();
    for (var suffix : List.of("-wal", "-shm")) {
      Files.deleteIfExists(Path.of(database() + suffix));
    }
    Files.copy(copy, database(), StandardCopyOption.REPLACE_EXISTING);
    host.server().startAgain();
  }

  private static String launched(String name, Map<String, Object> more) {
    return host.client().awaitDone(host.create(name, more)).path("id").asText();
  }

  private static boolean isMarked(String text) {
    return text.contains("<platen:mark");
  }

  /** A line of the list of lost machines. */
  private static String line(String list, String machine) {
    return list.lines().filter(line -> line.startsWith(machine)).findFirst().orElseThrow();
  }

  /** Has a sweep happen, and sees that it did: it removes a domain that was made late. */
  private static void awaitSweep(String removed, Path xml) throws Exception {
    libvirt.virsh("define", xml.toString());
    host.awaitGone(removed);
  }

  @Test
  void yesterdaysDatabaseLeavesTodaysMachinesRunningAndTheyAreTakenOnAgain() throws Exception {
    String removed = host.created("yesterday's");
    Path late =
        Files.copy(
            host.directory(removed).resolve("domain.xml"), host.root().resolve("yesterdays.xml"));
    host.delete(removed);
    String known = host.created("known");
    Path yesterday = copy("yesterday.db");

    String network = MachineHost.network(host.client(), "today's", "ny2");
    var script = new HashMap<String, Object>(Map.of("name", "s", "script", "true"));
    String scriptId = host.client().post("/startup-scripts", script).ok().path("id").asText();
    String running = launched("running", Map.of("networkId", network, "startupScriptId", scriptId));
    String off = launched("off", Map.of("startOnCreate", false));
    host.awaitConsole(running, "TICK 10");
    host.client().put("/machines/" + off, Map.of("name", "renamed")).ok();
    var automation =
        Map.of(
            "autoSnapshotEnabled",
            true,
            "autoSnapshotFrequency",
            "monthly",
            "autoSnapshotSaveCount",
            3,
            "autoShutdownEnabled",
            true,
            "autoShutdownTimeout",
            48,
            "autoShutdownForce",
            true);
    host.client().put("/machines/" + off, automation).ok();
    Path description = host.directory(off).resolve("machine.json");
    await("the new name")
        .atMost(LIMIT)
        .until(() -> Files.readString(description).contains("monthly"));
    assertThat(Files.getPosixFilePermissions(description))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    // As before there were marks.
    libvirt.virsh(
        "metadata",
        MachineHost.domain(running),
        "urn:platen:mark:1",
        "--remove",
        "--live",
        "--config");

    putBack(yesterday);
    awaitSweep(removed, late);
    awaitSweep(removed, late);
    assertThat(libvirt.state(MachineHost.domain(running))).isEqualTo("running");
    int shown = ticksShown(running);
    host.awaitConsole(running, "TICK " + (shown + 10));
    assertThat(host.directory(off).resolve("disk.qcow2")).exists();
    assertThat(host.state(known)).isEqualTo("ready");
    assertThat(host.server().log())
        .contains("2 machines are here that the database does not know")
        .contains("platen machine recover");
    assertThat(host.run("doctor").out()).contains("does not know 2 that are here");
    host.client().get("/machines/" + running).error(404, "NOT_FOUND");

    var listed = host.run("machine", "recover");
    assertThat(listed.status()).isZero();
    assertThat(line(listed.out(), running)).contains("disk, domain", "yes", "default", "running");
    assertThat(line(listed.out(), off)).contains("disk", "no", "renamed");
    assertThat(listed.err()).contains("libvirt has the private network platen-" + network);
    assertThat(host.server().log()).contains("1 private networks are here");
    assertThat(libvirt.virsh("net-list", "--name")).contains("platen-" + network);
    assertThat(listed.out()).doesNotContain(known, removed);

    var refused = host.run("machine", "recover", known, removed, "psunknown");
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.err())
        .contains("knows the machine " + known, "recorded as deleted", "lacks");
    var recovered = host.run("machine", "recover", "--all");
    assertThat(recovered.status()).as(recovered.err()).isZero();
    assertThat(recovered.out().lines()).containsExactlyInAnyOrder(running, off);
    assertThat(recovered.err()).contains("does not know its startup script " + scriptId);
    assertThat(host.run("machine", "recover", running).status()).as("a second time").isEqualTo(1);
    assertThat(host.run("machine", "recover").out()).isEmpty();
    assertThat(host.run("machine", "recover").err()).doesNotContain("private network");
    assertThat(host.run("doctor").out()).contains("the database knows all that are here");
    assertThat(isMarked(libvirt.virsh("dumpxml", MachineHost.domain(running)))).isTrue();

    assertUsable(running, off, network);
    for (var machine : List.of(known, running, off)) {
      host.delete(machine);
    }
    host.client().delete("/private-networks/" + network).ok();
  }

  private static void assertUsable(String running, String off, String network) throws Exception {
    var client = host.client();
    assertThat(host.state(running)).isEqualTo("ready");
    assertThat(client.get("/machines/" + running).ok().path("networkId").asText())
        .isEqualTo(network);
    client.captured(running, "recovered");
    assertThat(host.event(running, "stop").path("state").asText()).isEqualTo("done");
    assertThat(host.event(running, "start").path("state").asText()).isEqualTo("done");
    host.awaitConsole(running, "BOOT_OK 1");
    var recovered = client.get("/machines/" + off).ok();
    assertThat(recovered.path("name").asText()).isEqualTo("renamed");
    assertThat(recovered.path("autoSnapshotFrequency").asText()).isEqualTo("monthly");
    assertThat(recovered.path("autoSnapshotSaveCount").asInt()).isEqualTo(3);
    assertThat(recovered.path("autoShutdownTimeout").asInt()).isEqualTo(48);
    assertThat(recovered.path("autoShutdownForce").asBoolean()).isTrue();
    assertThat(host.event(off, "start").path("state").asText()).isEqualTo("done");
    host.awaitConsole(off, "BOOT_OK 0");
  }

  private static int ticksShown(String machine) throws Exception {
    return 10 * (int) host.console(machine).lines().filter(line -> line.startsWith("TICK")).count();
  }

  @Test
  void aMachineThatIsRecordedAsDeletedIsTakenOnOnlyWhenThatIsSaid() throws Exception {
    String machine = host.created("mistake");
    String domain = MachineHost.domain(machine);
    // Its removal is kept from ending.
    host.virsh().hold("undefine");
    host.client().delete("/machines/" + machine).ok();
    host.virsh().awaitHeld();
    host.server().kill9();
    host.virsh().release();
    assertThat(host.run("machine", "recover", machine).err()).contains("--deleted");
    Path older = copy("deleted.db");
    var recovered = host.run("machine", "recover", "--deleted", machine);
    assertThat(recovered.status()).as(recovered.err()).isZero();
    host.server().startAgain();
    assertThat(host.run("machine", "recover", "--deleted", machine).err()).contains("in use by");
    assertThat(host.state(machine)).isEqualTo("off");
    assertThat(host.event(machine, "start").path("state").asText()).isEqualTo("done");
    assertThat(libvirt.state(domain)).isEqualTo("running");

    // A database of that time records the deletion, and nothing of the machine's is removed for it.
    Path newer = copy("recovered.db");
    int logged = host.server().log().length();
    putBack(older);
    await("the removal to be refused")
        .atMost(Duration.ofSeconds(60))
        .until(() -> host.server().log().indexOf("was taken on again after", logged) > 0);
    assertThat(libvirt.state(domain)).isEqualTo("running");
    assertThat(host.directory(machine).resolve("disk.qcow2")).exists();
    putBack(newer);
    host.delete(machine);
  }

  @Test
  void aNewDatabaseKnowsTheDomainsOfThisDataDirectoryAndTheTeamIsMade() throws Exception {
    String team = "a team";
    String key = host.run("key", "create", "--team", team, "--name", "x").lastLine();
    var client = host.server().client(key);
    String machine =
        client
            .awaitDone(client.post("/machines", host.request("survivor", Map.of())).ok())
            .path("id")
            .asText();
    Path before = copy("before.db");
    host.server().terminate();
    var moved = new ArrayList<Path>();
    for (var suffix : List.of("", "-wal", "-shm")) {
      moved.add(Path.of(database() + suffix));
    }
    for (var file : moved) {
      Files.deleteIfExists(file);
    }
    var recovered = host.run("machine", "recover", machine);
    assertThat(recovered.status()).as(recovered.err()).isZero();
    assertThat(recovered.err()).contains("for the team a team; it is ready");
    assertThat(host.run("machine", "list").out()).contains(machine);
    for (var file : moved) {
      Files.deleteIfExists(file);
    }
    Files.copy(before, database());
    host.server().startAgain();
    var again = host.server().client(key);
    again.awaitDone(again.delete("/machines/" + machine).ok());
    assertThat(host.isLeft(machine)).isFalse();
  }
}
