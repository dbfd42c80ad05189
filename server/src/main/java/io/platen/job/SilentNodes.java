package io.platen.job;

import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.event.EventState;
import io.platen.event.LockOrder;
import io.platen.node.NodeRow;
import io.platen.node.Nodes;
import io.platen.node.SeenSilence;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/**
 * Sees to it that no event waits for a node that gives no sign of life. A job that can be done
 * elsewhere goes there; every other event ends, and names the node. Whatever the node does
 * afterwards for one of them has no effect, since the event's attempt is another one by then.
 *
 * <p>One is judged only after this node itself has seen it silent ({@link SeenSilence}).
 *
 * <p>Once a node is back, it looks at what the jobs left that others ended.
 */
public final class SilentNodes {
  private static final Logger LOG = Logger.getLogger(SilentNodes.class);

  /** How many events one look ends; the next one comes in seconds. */
  private static final int BATCH = 500;

  /** How long a node that was stopped in order may take to be back: a new version, a restart. */
  private static final Duration STOPPED = Duration.ofSeconds(25);

  private final Database database;
  private final Nodes nodes;
  private final EventRepository events;
  private final Map<EventName, Job> jobs;
  private final JobRunner runner;
  private final Consumer<Handle> fence;
  private final InstantSource clock;
  private final SeenSilence seen;

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
    seen = new SeenSilence(nanoTime);
  }

  /** Looks once; to be called by one thread. */
  public void look() throws IOException, InterruptedException {
    for (var id : stranded(gone())) {
      database.change(handle -> rescue(handle, id));
      seen.reached();
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
    List<NodeRow> all = new ArrayList<>();
    var silent =
        seen.look(
            () -> {
              all.addAll(database.read(nodes::list));
              return all.stream().collect(Collectors.toMap(NodeRow::name, NodeRow::beat));
            });
    return all.stream()
        .filter(node -> isGone(node) && !node.name().equals(database.node()))
        .map(NodeRow::name)
        .filter(silent::contains)
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
    var before = events.find(handle, id);
    if (before.isEmpty()) {
      return;
    }
    LockOrder.lockSubjects(handle, database.dialect(), before.get());
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
