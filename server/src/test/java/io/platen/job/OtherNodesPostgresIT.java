package io.platen.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.platen.database.Claimant;
import io.platen.database.Database;
import io.platen.database.DatabaseClaim;
import io.platen.event.Event;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.event.EventState;
import io.platen.liveness.Watchdog;
import io.platen.model.Refusal;
import io.platen.node.NodeRow;
import io.platen.node.NodeSize;
import io.platen.node.Nodes;
import io.platen.node.SeenSilence;
import io.platen.paging.Cursors;
import io.platen.support.PrivatePostgres;
import io.platen.team.TeamRepository;
import io.platen.team.TeamService;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Two nodes of one database, as each of them sees the other one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OtherNodesPostgresIT {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @SuppressWarnings("NullAway.Init")
  private PrivatePostgres postgres;

  @SuppressWarnings("NullAway.Init")
  private Database a;

  @SuppressWarnings("NullAway.Init")
  private Database b;

  @SuppressWarnings("NullAway.Init")
  private String team;

  private final EventRepository events = new EventRepository(new Cursors(new byte[32]));
  private final AtomicLong nanoTime = new AtomicLong();

  private static final class Never implements Job {
    @Override
    public Outcome run(Event event, JobContext context) {
      throw new IllegalStateException("nothing runs here");
    }

    @Override
    public void failed(Handle handle, Event event) {}
  }

  private static final class Done implements Job {
    @Override
    public Outcome run(Event event, JobContext context) {
      return handle -> {};
    }

    @Override
    public void failed(Handle handle, Event event) {}
  }

  @BeforeAll
  void start() throws Exception {
    postgres = PrivatePostgres.start();
    a = Database.open(postgres.url(), "a");
    b = Database.open(postgres.url(), "b");
    claim(a);
    claim(b);
    team = new TeamService(a, new TeamRepository(), () -> NOW).team("t").id();
  }

  @AfterAll
  void end() throws Exception {
    a.close();
    b.close();
    postgres.remove();
  }

  /** Makes a node that gives no sign of life by itself. */
  private static void claim(Database database) throws Exception {
    String name = database.node();
    var claimant = new Claimant("id of " + name, "here", "/data/" + name, "host", 1);
    DatabaseClaim.take(database, claimant, false).close();
    beat(database);
  }

  private static void beat(Database database) {
    database.change(
        handle ->
            handle
                .createUpdate(
                    "UPDATE node SET beat = beat + 1, dt_heartbeat = %s WHERE name = :name"
                        .formatted(database.dialect().now()))
                .bind("name", database.node())
                .execute());
  }

  /** As after a time in which the database answered nobody. */
  private void age(Duration silence) {
    a.change(
        handle ->
            handle
                .createUpdate("UPDATE node SET dt_heartbeat = dt_heartbeat - :silence")
                .bind("silence", silence.toMillis())
                .execute());
  }

  private Event begin(String node) {
    var service = new JobService(a, events, () -> NOW);
    return a.transaction(
        handle -> service.create(handle, team, null, null, EventName.TEMPLATE_DISTRIBUTE, node));
  }

  private EventState state(Event event) {
    return a.read(handle -> events.find(handle, event.id())).orElseThrow().state();
  }

  private void pass(Duration time) {
    nanoTime.addAndGet(time.toNanos());
  }

  private SilentNodes looking() {
    Map<EventName, Job> jobs = Map.of(EventName.TEMPLATE_DISTRIBUTE, new Never());
    var runner =
        new JobRunner(a, events, () -> NOW, jobs, "a", handle -> {}, new Watchdog(nanoTime::get));
    return new SilentNodes(
        a, new Nodes(a), events, jobs, runner, handle -> {}, () -> NOW, nanoTime::get);
  }

  private void look(SilentNodes looking, Duration time) throws Exception {
    var pause = Duration.ofSeconds(3);
    for (var passed = Duration.ZERO; passed.compareTo(time) < 0; passed = passed.plus(pause)) {
      pass(pause);
      looking.look();
    }
  }

  @Test
  void nobodyIsTakenForSilentBecauseTheDatabaseWasAwayFromAll() throws Exception {
    var event = begin("b");
    var looking = looking();
    look(looking, Duration.ofSeconds(30));
    assertThat(state(event)).isEqualTo(EventState.NEW);

    // All were away from it for a minute, and this node is the first to be back.
    age(Duration.ofMinutes(1));
    pass(Duration.ofMinutes(1));
    looking.look();
    look(looking, Duration.ofSeconds(12));
    assertThat(state(event)).isEqualTo(EventState.NEW);
    beat(b);
    look(looking, Duration.ofSeconds(3));

    // Its clock was set forward, and no look failed.
    age(Duration.ofMinutes(1));
    look(looking, Duration.ofSeconds(3));
    assertThat(state(event)).isEqualTo(EventState.NEW);

    // Now it is silent, and was seen to be.
    look(looking, SeenSilence.SEEN);
    assertThat(state(event)).isEqualTo(EventState.ERROR);
  }

  @Test
  void aNodeWhoseRowAnOlderDatabaseLacksWritesAllOfItAgain() throws Exception {
    try (var c = Database.open(postgres.url(), "c")) {
      var nodes = new Nodes(c);
      claim(c);
      nodes.uses("bucket");
      nodes.listens("https://10.0.0.3:8080");
      c.change(handle -> handle.execute("DELETE FROM node WHERE name = 'c'"));
      claim(c);
      var report =
          new Nodes.Report("", "1", 1, false, new NodeSize(1, 1L << 30, 1L << 30), 1L << 30);
      c.change(handle -> nodes.report(handle, report));

      var row = a.read(handle -> nodes.find(handle, "c")).orElseThrow();
      assertThat(row.store()).isEqualTo("bucket");
      assertThat(row.address()).isEqualTo("https://10.0.0.3:8080");
    }
  }

  @Test
  void aNodeIsRemovedOnceNothingOfItIsLeft() throws Exception {
    try (var d = Database.open(postgres.url(), "d")) {
      claim(d);
    }
    a.change(handle -> handle.execute("UPDATE node SET dt_heartbeat = NULL WHERE name = 'd'"));
    a.change(
        handle ->
            handle.execute(
                "INSERT INTO public_ip (id, team_id, region, node, dt_created) VALUES ('10.0.0.9', ?, 'ny2', 'd', 0)",
                team));
    a.change(
        handle ->
            handle.execute(
                "INSERT INTO setting (name, value) VALUES ('store-id@d', '1'), ('proposed-store-id@d', '1'), ('store@d', 'foreign'), ('store-id@a', '2')"));
    // Of a template that is in a bucket, too.
    a.change(
        handle -> {
          handle.execute("SET LOCAL session_replication_role = replica");
          handle.execute(
              "INSERT INTO template_copy (template_id, store, dt_copied) VALUES ('t1', 'd', 0), ('t1', 'a', 0)");
        });
    var event = begin("d");
    var nodes = new Nodes(a);

    assertThatThrownBy(() -> nodes.remove("d"))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("1 events of the node d have not ended");
    a.change(
        handle ->
            events.end(handle, event.id(), event.attempt(), EventState.ERROR, "its node", NOW));
    assertThatThrownBy(() -> nodes.remove("d"))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("release them first: 10.0.0.9 (team t)");
    a.change(handle -> handle.execute("DELETE FROM public_ip"));
    nodes.remove("d");
    assertThat(a.<Optional<NodeRow>, RuntimeException>read(h -> nodes.find(h, "d"))).isEmpty();
    // Another directory may have the name, with a store of its own.
    assertThat(
            a.<String, RuntimeException>read(
                handle ->
                    handle
                        .createQuery("SELECT name FROM setting WHERE name LIKE '%store%@%'")
                        .mapTo(String.class)
                        .one()))
        .isEqualTo("store-id@a");
    assertThat(
            a.<String, RuntimeException>read(
                handle ->
                    handle
                        .createQuery("SELECT store FROM template_copy")
                        .mapTo(String.class)
                        .one()))
        .isEqualTo("a");
  }

  @Test
  void whatANodeWhoseClockIsAheadAsksOfAnotherIsDoneAtOnce() throws Exception {
    try (var e = Database.open(postgres.url(), "e");
        var runner =
            new JobRunner(
                e,
                events,
                InstantSource.system(),
                Map.of(EventName.TEMPLATE_DISTRIBUTE, new Done()),
                "e",
                handle -> {},
                new Watchdog(System::nanoTime))) {
      runner.start();
      var ahead = new JobService(a, events, () -> Instant.now().plus(Duration.ofHours(1)));
      var event =
          a.transaction(
              handle -> ahead.create(handle, team, null, null, EventName.TEMPLATE_DISTRIBUTE, "e"));
      await().atMost(Duration.ofSeconds(30)).until(() -> state(event) == EventState.DONE);
    }
  }

  @Test
  void aNodeThatHadTakenAJobBeforeItWasMovedBeginsItNoMore() {
    var event = begin("b");
    // While it was stopped, between the two.
    a.change(handle -> events.moveTo(handle, event.id(), "a", "another one does it"));
    try (var runner =
        new JobRunner(
            b,
            events,
            () -> NOW,
            Map.of(EventName.TEMPLATE_DISTRIBUTE, new Done()),
            "b",
            handle -> {},
            new Watchdog(nanoTime::get))) {
      runner.runNow(event);
    }
    assertThat(state(event)).isEqualTo(EventState.NEW);
  }
}
