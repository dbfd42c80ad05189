package io.platen.job;

import static java.util.Objects.requireNonNull;

import io.platen.database.Database;
import io.platen.database.DatabaseClaim;
import io.platen.event.Event;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.event.EventState;
import io.platen.event.LockOrder;
import io.platen.node.NodeRow;
import io.platen.node.Nodes;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/**
 * Sees to it that no event waits for a node that gives no sign of life. A job that can be done
 * elsewhere goes there; every other event ends, and names the node. Whatever the node does
 * afterwards for one of them has no effect, since the event's attempt is another one by then.
 *
 * <p>While the database is away, or its clock is set, all nodes seem to have been silent. So one is
 * judged only after this node itself has seen it silent, in looks without a gap, for long enough.
 *
 * <p>Once a node is back, it looks at what the jobs left that others ended.
 */
public final class SilentNodes {
  private static final Logger LOG = Logger.getLogger(SilentNodes.class);

  /** How many events one look ends; the next one comes in seconds. */
  private static final int BATCH = 500;

  /** How long a node that was stopped in order may take to be back: a new version, a restart. */
  private static final Duration STOPPED = Duration.ofSeconds(25);

  /**
   * How long this node has to see that another one gives no sign of life: three of them. With the
   * time between two looks that is less than a silence.
   */
  static final Duration SEEN = DatabaseClaim.BEAT.multipliedBy(3);

  /** After a longer pause without an answer the database may have been away from everybody. */
  static final Duration GAP = DatabaseClaim.BEAT.multipliedBy(2);

  private final Database database;
  private final Nodes nodes;
  private final EventRepository events;
  private final Map<EventName, Job> jobs;
  private final JobRunner runner;
  private final Consumer<Handle> fence;
  private final InstantSource clock;
  private final LongSupplier nanoTime;

  /** The last sign of life of each node, and when this one saw it first. */
  private final Map<String, Sign> signs = new HashMap<>();

  /** When the database answered last. */
  private long reached;

  /**
   * A sign of life.
   *
   * @param beat its number
   */
  private record Sign(long beat, long seen) {}

  /**
   * @param runner of this node
   * @param fence as of a {@link JobRunner}
   * @param nanoTime {@link System#nanoTime}
   */
  public SilentNodes(
      Database database,
      Nodes nodes,
      EventRepository events,
      Map<EventName, Job> jobs,
      JobRunner runner,
      Consumer<Handle> fence,
      InstantSource clock,
      LongSupplier nanoTime) {
    this.database = database;
    this.nodes = nodes;
    this.events = events;
    this.jobs = Map.copyOf(jobs);
    this.runner = runner;
    this.fence = fence;
    this.clock = clock;
    this.nanoTime = nanoTime;
    reached = nanoTime.getAsLong();
  }

  /** Looks once; to be called by one thread. */
  public void look() throws IOException, InterruptedException {
    for (var id : stranded(gone())) {
      database.change(handle -> rescue(handle, id));
      reached = nanoTime.getAsLong();
    }
    for (var event : database.read(this::lost)) {
      clearUp(event);
    }
  }

  private boolean isGone(NodeRow node) {
    var silence = node.silence();
    return silence != null && silence.compareTo(node.isStopped() ? STOPPED : Nodes.SILENT) > 0;
  }

  /** Other nodes that do not work, as this one has seen for long enough. */
  private List<String> gone() {
    List<NodeRow> all = database.read(nodes::list);
    long now = nanoTime.getAsLong();
    if (now - reached > GAP.toNanos()) {
      signs.clear();
    }
    reached = now;
    signs.keySet().retainAll(all.stream().map(NodeRow::name).toList());
    for (var node : all) {
      var before = signs.get(node.name());
      if (before == null || before.beat() != node.beat()) {
        signs.put(node.name(), new Sign(node.beat(), now));
      }
    }
    return all.stream()
        .filter(node -> isGone(node) && !node.name().equals(database.node()))
        .map(NodeRow::name)
        .filter(name -> now - requireNonNull(signs.get(name)).seen() >= SEEN.toNanos())
        .toList();
  }

  /** Events of nodes that do not work. */
  private List<String> stranded(List<String> gone) {
    return gone.isEmpty()
        ? List.of()
        : database.read(
            handle ->
                handle
                    .createQuery(
                        "SELECT id FROM event WHERE node IN (<nodes>) AND dt_finished IS NULL ORDER BY dt_created, id LIMIT :limit")
                    .bindList("nodes", gone)
                    .bind("limit", BATCH)
                    .mapTo(String.class)
                    .list());
  }

  private void rescue(Handle handle, String id) {
    fence.accept(handle);
    var seen = events.find(handle, id);
    if (seen.isEmpty()) {
      return;
    }
    LockOrder.lockSubjects(handle, database.dialect(), seen.get());
    // Its sign of life comes before this, and then it is not silent; or after, and finds what this
    // wrote.
    var node = nodes.lock(handle, events.nodeOf(handle, id));
    var event = events.find(handle, id).filter(now -> !now.state().isFinal());
    if (event.isEmpty() || node.isEmpty() || !isGone(node.get())) {
      return;
    }
    rescue(handle, event.get(), node.get());
  }

  private void rescue(Handle handle, Event event, NodeRow gone) {
    var job = jobs.get(event.name());
    if (job == null) {
      throw new IllegalStateException("no job for the event " + event.name().label());
    }
    var table = new JobTable(database, JobQueue.of(event.name()).table());
    String why = "the node %s %s".formatted(gone.name(), gone.sign());
    var move = job.move(handle, event);
    if (move instanceof Job.Move.To to) {
      events.moveTo(handle, event.id(), to.node(), why + "; another one does it");
      table.move(handle, event.id(), to.node(), clock.instant());
      LOG.infof(
          "%s %s goes on at the node %s: %s", event.name().label(), event.id(), to.node(), why);
      return;
    }
    String also = move instanceof Job.Move.Nowhere nowhere ? "; " + nowhere.why() : "";
    events.end(handle, event.id(), event.attempt(), EventState.ERROR, why + also, clock.instant());
    events.lost(handle, event.id());
    job.lost(handle, event);
    table.remove(handle, event.id());
    LOG.warnf("%s %s: error, since %s%s", event.name().label(), event.id(), why, also);
  }

  /** Events of this node that others have ended. */
  private List<Event> lost(Handle handle) {
    return handle
        .createQuery("SELECT id FROM event WHERE is_lost = 1 AND node = :node LIMIT :limit")
        .bind("node", database.node())
        .bind("limit", BATCH)
        .mapTo(String.class)
        .list()
        .stream()
        .map(id -> events.find(handle, id))
        .flatMap(Optional::stream)
        .toList();
  }

  private void clearUp(Event event) throws IOException, InterruptedException {
    String machine = event.machineId() == null ? event.id() : event.machineId();
    var _ =
        runner.unlessBusy(
            machine,
            () ->
                database.change(
                    handle -> {
                      fence.accept(handle);
                      LockOrder.lockSubjects(handle, database.dialect(), event);
                      var job = jobs.get(event.name());
                      if (events.found(handle, event.id()) && job != null) {
                        job.back(handle, event);
                      }
                    }));
  }
}
