package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.app.Platen;
import io.platen.config.ConfigFile;
import io.platen.s3store.FaultyServer;
import io.platen.s3store.FaultyServer.Fate;
import io.platen.support.PrivateLibvirt;
import io.platen.support.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes share a bucket of Ceph's gateway and a PostgreSQL, and one of them has a libvirt.
 * Clients capture, launch, delete and purge, collections run all the time, and meanwhile all that
 * can fail does. In the end nothing is lost, and nothing is left.
 */
@Tag("long")
@Timeout(900)
@SuppressWarnings("NullAway.Init")
final class FleetIT {
  private static final Logger LOG = Logger.getLogger(FleetIT.class);

  private static final int CLIENTS = 12;

  /** What was asked for and is not done. */
  private static final String UPKEEP = "SELECT id FROM upkeep_request WHERE dt_finished IS NULL";

  private static final String LEASES =
      "SELECT CONCAT('lease ', lease, ' of ', lease_node, ', generation ', generation) FROM store";

  private static final String SESSIONS =
      "SELECT CONCAT('session ', id, ' of ', node, ', generation ', generation) FROM store_session";

  private static final List<String> NAMES = List.of("a", "b", "c");
  private static final Duration SILENCE = Duration.ofSeconds(30);
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final long SEED = Long.getLong("platen.fleetSeed", 1);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path root;

  private Fleet fleet;
  private PrivateLibvirt libvirt;
  private final AtomicBoolean working = new AtomicBoolean(true);
  private final AtomicInteger collections = new AtomicInteger();
  private final List<FleetClient> clients = new ArrayList<>();

  @Test
  void nothingIsLostWhateverFails() throws Exception {
    fleet = new Fleet(root);
    libvirt = PrivateLibvirt.start(root.resolve("libvirt"));
    try {
      fleet.start("a", "hypervisor: libvirt", "libvirtUri: \"" + libvirt.uri() + "\"");
      fleet.start("b");
      fleet.start("c");
      var threads = begin();
      failInTurn();
      working.set(false);
      for (var thread : threads) {
        thread.join();
      }
      for (var client : clients) {
        assertThat(client.wrong()).isNull();
      }
      assertEnd();
    } finally {
      working.set(false);
      fleet.close();
      libvirt.close();
    }
  }

  private List<Thread> begin() throws Exception {
    var threads = new ArrayList<Thread>();
    for (int number = 0; number < CLIENTS; number++) {
      var client =
          new FleetClient(fleet, root, NAMES.get(number % NAMES.size()), number, SEED, working);
      clients.add(client);
      threads.add(Thread.ofPlatform().name("client-" + number).start(client));
    }
    threads.add(Thread.ofPlatform().name("collections").start(this::collect));
    return threads;
  }

  /** Asks one node after the other for a collection. */
  private void collect() {
    var random = new Random(SEED);
    while (working.get()) {
      var node = fleet.node(NAMES.get(random.nextInt(NAMES.size())));
      try {
        pause(2);
        if (fleet.texts(UPKEEP).size() >= NAMES.size()) {
          // More would only wait for these.
          continue;
        }
        var config = ConfigFile.read(node.config(), null, null, node.server().data());
        try (var platen = Platen.open(config, InstantSource.system())) {
          var _ = platen.upkeep().collect(false);
          collections.incrementAndGet();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (Exception e) {
        LOG.debugf("no collection asked for: %s", e.toString());
      }
    }
  }

  /** Lets time pass: how long something fails is what is tried. */
  private static void pause(int seconds) throws InterruptedException {
    Thread.sleep(Duration.ofSeconds(seconds));
  }

  private void rule(FaultyServer.Rule rule) {
    fleet.nodes().values().forEach(node -> node.s3().rule(rule));
  }

  private void failInTurn() throws Exception {
    pause(15);
    say("the store answers 503");
    rule((method, request) -> Fate.BUSY);
    pause(10);
    say("the store resets connections");
    var random = new Random(SEED);
    rule((method, request) -> random.nextInt(15) == 0 ? Fate.RESET : Fate.PASS);
    pause(10);
    rule((method, request) -> random.nextInt(15) == 0 ? Fate.LOSE_ANSWER : Fate.PASS);
    pause(10);
    rule((method, request) -> Fate.PASS);
    say("b is killed");
    fleet.node("b").server().kill9();
    pause(25);
    fleet.node("b").server().startAgain();
    pause(5);
    say("the database is restarted");
    fleet.postgres().stop();
    pause(3);
    fleet.postgres().startAgain();
    pause(10);
    say("c is stopped");
    signal("c", "STOP");
    pause(60);
    signal("c", "CONT");
    pause(10);
    say("a loses the database, and not the store");
    fleet.node("a").database().cut();
    pause(30);
    fleet.node("a").database().mend();
    pause(15);
  }

  private void say(String what) {
    LOG.infof("%s; %s", what, tally());
  }

  private String tally() {
    return "captured %d, launched %d, purged %d, refused or failed %d, collections asked for %d"
        .formatted(
            clients.stream().mapToInt(FleetClient::captured).sum(),
            clients.stream().mapToInt(FleetClient::launched).sum(),
            clients.stream().mapToInt(FleetClient::purged).sum(),
            clients.stream().mapToInt(FleetClient::failed).sum(),
            collections.get());
  }

  private void signal(String name, String signal) throws Exception {
    Program.succeed("kill", "-" + signal, Long.toString(fleet.node(name).server().pid()));
  }

  private void awaitNone(String what, String query) {
    await(what)
        .atMost(SILENCE.plus(LIMIT))
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () ->
                assertThat(fleet.texts(query))
                    .as("what is left; %s, %s", fleet.texts(LEASES), fleet.texts(SESSIONS))
                    .isEmpty());
  }

  private void assertEnd() throws Exception {
    awaitNone("the end of all events", "SELECT id FROM event WHERE dt_finished IS NULL");
    awaitNone("the end of all upkeep", UPKEEP);
    awaitNone("what silent nodes left", "SELECT id FROM event WHERE is_lost = 1");
    awaitNone(
        "the removal of machines",
        "SELECT id FROM machine WHERE dt_deleted IS NOT NULL AND dt_removed IS NULL");
    say("all has ended");
    assertThat(clients.stream().mapToInt(FleetClient::captured).sum()).isGreaterThan(CLIENTS);
    assertThat(clients.stream().mapToInt(FleetClient::launched).sum()).isGreaterThan(CLIENTS);

    for (var client : clients) {
      for (var expected : client.kept().entrySet()) {
        assertThat(state(expected.getKey())).as(expected.getKey()).isEqualTo("available");
      }
    }
    Map<String, Path> disks =
        clients.stream()
            .flatMap(client -> client.disks().entrySet().stream())
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    for (var name : fleet.texts("SELECT name FROM template WHERE dt_deleted IS NULL")) {
      fleet.assertHolds(
          fleet.text("SELECT id FROM template WHERE name = '%s'".formatted(name)),
          Objects.requireNonNull(disks.get(name), name));
    }
    // Orphans that the last captures left go with one collection, whoever does it.
    fleet.command("b", "gc");
    fleet.assertClean();
    assertThat(fleet.command("c", "verify")).contains("all are whole");
    assertMachines();
  }

  private String state(String name) throws SQLException {
    return fleet.text("SELECT state FROM template WHERE name = '%s'".formatted(name));
  }

  /** Each machine is on its own node, and on no other one. */
  private void assertMachines() throws Exception {
    for (var name : NAMES) {
      Set<String> own =
          new TreeSet<>(
              fleet.texts(
                  "SELECT id FROM machine WHERE node = '%s' AND dt_removed IS NULL AND base_template_id IS NOT NULL"
                      .formatted(name)));
      Path machines = fleet.node(name).server().data().resolve("machines");
      await("the machines of " + name)
          .atMost(LIMIT)
          .untilAsserted(() -> assertThat(directories(machines)).isEqualTo(own));
    }
    for (var domain : libvirt.domains().lines().filter(line -> !line.isBlank()).toList()) {
      String id = domain.strip().replaceFirst("^platen-", "");
      assertThat(fleet.nodeOf(id)).as(domain).isEqualTo("a");
    }
  }

  private static Set<String> directories(Path machines) throws IOException {
    try (var all = Files.list(machines)) {
      return all.map(each -> String.valueOf(each.getFileName()))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
