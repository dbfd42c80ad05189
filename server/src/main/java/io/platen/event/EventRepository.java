package io.platen.event;

import io.platen.database.Queries;
import io.platen.database.Row;
import io.platen.database.Timestamps;
import io.platen.model.Ids;
import io.platen.paging.Cursors;
import io.platen.paging.Filter;
import io.platen.paging.ListRequest;
import io.platen.paging.Page;
import io.platen.paging.PageQuery;
import io.platen.paging.SortKey;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Events in the database. */
public final class EventRepository {
  /** What an event is read of; see {@link PageQuery#columns}. */
  private static final String COLUMNS =
      """
      id, team_id, machine_id, template_id, name, state, error, attempt, step, phase, consistency,
      bytes_done, bytes_total, bytes_per_second, bytes_read, bytes_stored, dt_created, dt_started,
      dt_finished""";

  private final PageQuery<Event> pages;

  public EventRepository(Cursors cursors) {
    pages =
        new PageQuery<>(
            "event",
            PageQuery.columns(COLUMNS),
            Map.of("dtCreated", SortKey.time("dt_created")),
            EventRepository::map,
            cursors);
  }

  private static Event map(Row row) throws SQLException {
    return new Event(
        row.text("id"),
        row.textOrNull("team_id"),
        row.textOrNull("machine_id"),
        row.textOrNull("template_id"),
        EventName.of(row.text("name")),
        EventState.of(row.text("state")),
        row.textOrNull("error"),
        Math.toIntExact(row.number("attempt")),
        row.textOrNull("step"),
        new Progress(
            row.textOrNull("phase"),
            row.textOrNull("consistency"),
            row.number("bytes_done"),
            row.number("bytes_total"),
            row.number("bytes_per_second")),
        new Traffic(row.number("bytes_read"), row.number("bytes_stored")),
        row.time("dt_created"),
        row.timeOrNull("dt_started"),
        row.timeOrNull("dt_finished"));
  }

  public Page<Event> list(Queries queries, ListRequest request, List<Filter> filters) {
    return pages.fetch(queries, request, filters);
  }

  public Optional<Event> find(Handle handle, String id) {
    if (!Ids.isId(id)) {
      return Optional.empty();
    }
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM event WHERE id = :id")
        .bind("id", id)
        .map((row, context) -> map(Row.of(row)))
        .findOne();
  }

  /** As {@link #find(Handle, String)}, for clients that poll. */
  Optional<Event> find(Queries queries, String id) {
    return Ids.isId(id)
        ? queries.find(
            "SELECT " + COLUMNS + " FROM event WHERE id = ?", List.of(id), EventRepository::map)
        : Optional.empty();
  }

  /** What has not ended, of all teams. */
  public List<Backlog> backlog(Handle handle) {
    return handle
        .createQuery(
            """
            SELECT name, state, COUNT(*) AS events, MIN(dt_created) AS oldest FROM event
            WHERE dt_finished IS NULL GROUP BY name, state
            """)
        .map(
            (row, context) ->
                new Backlog(
                    EventName.of(row.getString("name")),
                    EventState.of(row.getString("state")),
                    row.getLong("events"),
                    Timestamps.orNull(row, "oldest")))
        .list();
  }

  /** What is under way for a machine. */
  public List<EventName> open(Handle handle, String machineId) {
    return handle
        .createQuery("SELECT name FROM event WHERE machine_id = :machine AND dt_finished IS NULL")
        .bind("machine", machineId)
        .map((row, context) -> EventName.of(row.getString("name")))
        .list();
  }

  /** Whether something of this kind is under way for a machine. */
  public boolean isOpen(Handle handle, String machineId, EventName name) {
    return handle
        .createQuery(
            """
            SELECT EXISTS (
              SELECT 1 FROM event
              WHERE machine_id = :machine AND name = :name AND dt_finished IS NULL)
            """)
        .bind("machine", machineId)
        .bind("name", name.label())
        .mapTo(Boolean.class)
        .one();
  }

  /** Whether something of this kind is under way for a template, or a snapshot. */
  public boolean isOpenFor(Handle handle, String templateId, EventName name) {
    return handle
        .createQuery(
            """
            SELECT EXISTS (
              SELECT 1 FROM event
              WHERE template_id = :template AND name = :name AND dt_finished IS NULL)
            """)
        .bind("template", templateId)
        .bind("name", name.label())
        .mapTo(Boolean.class)
        .one();
  }

  public void insert(Handle handle, Event event) {
    handle
        .createUpdate(
            """
            INSERT INTO event (id, team_id, machine_id, template_id, name, state, dt_created)
            VALUES (:id, :team, :machine, :template, :name, :state, :created)
            """)
        .bind("id", event.id())
        .bind("team", event.teamId())
        .bind("machine", event.machineId())
        .bind("template", event.templateId())
        .bind("name", event.name().label())
        .bind("state", event.state().label())
        .bind("created", event.dtCreated().toEpochMilli())
        .execute();
  }

  /** Says which node works on an event. */
  public void giveTo(Handle handle, String id, String node) {
    handle
        .createUpdate("UPDATE event SET node = :node WHERE id = :id")
        .bind("id", id)
        .bind("node", node)
        .execute();
  }

  /** Says into which bucket a distribution copies, where its node uses another store. */
  public void copyInto(Handle handle, String id, String store) {
    handle
        .createUpdate("UPDATE event SET store = :store WHERE id = :id")
        .bind("id", id)
        .bind("store", store)
        .execute();
  }

  /** The bucket that a distribution copies into; empty where it is the store of its node. */
  public String copiesInto(Handle handle, String id) {
    return handle
        .createQuery("SELECT store FROM event WHERE id = :id")
        .bind("id", id)
        .mapTo(String.class)
        .findOne()
        .orElse("");
  }

  /** The node that works on an event; empty where the database has one node only. */
  public String nodeOf(Handle handle, String id) {
    return handle
        .createQuery("SELECT node FROM event WHERE id = :id")
        .bind("id", id)
        .mapTo(String.class)
        .one();
  }

  /** Has another node work on an event, from the beginning; no attempt so far counts any more. */
  public void moveTo(Handle handle, String id, String node, String phase) {
    handle
        .createUpdate(
            "UPDATE event SET node = :node, attempt = attempt + 1, step = NULL, phase = :phase WHERE id = :id")
        .bind("id", id)
        .bind("node", node)
        .bind("phase", phase)
        .execute();
  }

  /** Notes that an event was ended for a node that is silent. */
  public void lost(Handle handle, String id) {
    handle.createUpdate("UPDATE event SET is_lost = 1 WHERE id = :id").bind("id", id).execute();
  }

  /** Notes that its node knows of that. False where it did already. */
  public boolean found(Handle handle, String id) {
    return handle
            .createUpdate("UPDATE event SET is_lost = 0 WHERE id = :id AND is_lost = 1")
            .bind("id", id)
            .execute()
        == 1;
  }

  /** Says what an event that is not begun yet is about to do, and why. */
  public void announce(Handle handle, String id, String phase) {
    handle
        .createUpdate("UPDATE event SET phase = :phase WHERE id = :id AND state = 'new'")
        .bind("id", id)
        .bind("phase", phase)
        .execute();
  }

  /**
   * Begins the next attempt. False where the event has ended, or is another node's by now.
   *
   * @param node the one that begins it; empty where the database has one node only
   */
  public boolean begin(Handle handle, String id, String node, Instant now) {
    return handle
            .createUpdate(
                """
                UPDATE event SET state = 'in progress', attempt = attempt + 1,
                  dt_started = COALESCE(dt_started, :now)
                WHERE id = :id AND node = :node AND dt_finished IS NULL
                """)
            .bind("id", id)
            .bind("node", node)
            .bind("now", now.toEpochMilli())
            .execute()
        == 1;
  }

  /** Ends the event. False where it has ended already, or another attempt has begun since. */
  public boolean end(
      Handle handle,
      String id,
      int attempt,
      EventState state,
      @Nullable String error,
      Instant now) {
    return handle
            .createUpdate(
                """
                UPDATE event SET state = :state, error = :error, dt_finished = :now,
                  dt_started = CASE WHEN :state = 'done' THEN COALESCE(dt_started, :now)
                    ELSE dt_started END
                WHERE id = :id AND attempt = :attempt AND dt_finished IS NULL
                """)
            .bind("id", id)
            .bind("attempt", attempt)
            .bind("state", state.label())
            .bind("error", error)
            .bind("now", now.toEpochMilli())
            .execute()
        == 1;
  }

  /** Writes how far an attempt is. False where it no longer counts. */
  public boolean progress(
      Handle handle, String id, int attempt, Progress progress, Traffic traffic) {
    return handle
            .createUpdate(
                """
                UPDATE event SET phase = :phase, consistency = :consistency, bytes_done = :done, bytes_total = :total,
                  bytes_per_second = :rate, bytes_read = :read, bytes_stored = :stored
                WHERE id = :id AND attempt = :attempt AND dt_finished IS NULL
                """)
            .bind("id", id)
            .bind("attempt", attempt)
            .bind("phase", progress.phase())
            .bind("consistency", progress.consistency())
            .bind("done", progress.bytesDone())
            .bind("total", progress.bytesTotal())
            .bind("rate", progress.bytesPerSecond())
            .bind("read", traffic.bytesRead())
            .bind("stored", traffic.bytesStored())
            .execute()
        == 1;
  }

  /** Notes what an attempt has done. False where it no longer counts. */
  public boolean step(Handle handle, String id, int attempt, String step) {
    return handle
            .createUpdate(
                "UPDATE event SET step = :step WHERE id = :id AND attempt = :attempt AND dt_finished IS NULL")
            .bind("id", id)
            .bind("attempt", attempt)
            .bind("step", step)
            .execute()
        == 1;
  }

  /** Whether an attempt still counts. */
  public boolean isCurrent(Handle handle, String id, int attempt) {
    return handle
        .createQuery(
            """
            SELECT EXISTS (
              SELECT 1 FROM event WHERE id = :id AND attempt = :attempt AND dt_finished IS NULL)
            """)
        .bind("id", id)
        .bind("attempt", attempt)
        .mapTo(Boolean.class)
        .one();
  }

  /** Cancels what is under way for a template. */
  public int cancelByTemplate(Handle handle, String templateId, EventName name, Instant now) {
    return cancel(handle, "template_id", templateId, name, now);
  }

  /** Cancels what is under way for a machine. */
  public int cancelByMachine(Handle handle, String machineId, EventName name, Instant now) {
    return cancel(handle, "machine_id", machineId, name, now);
  }

  /** Cancels what waits and was never begun. False where it has begun, or has ended. */
  public boolean cancelUnbegun(Handle handle, String id, Instant now) {
    return handle
            .createUpdate(
                "UPDATE event SET state = 'cancelled', dt_finished = :now WHERE id = :id AND state = 'new'")
            .bind("id", id)
            .bind("now", now.toEpochMilli())
            .execute()
        == 1;
  }

  private static int cancel(Handle handle, String column, String id, EventName name, Instant now) {
    return handle
        .createUpdate(
            "UPDATE event SET state = 'cancelled', dt_finished = :now WHERE "
                + column
                + " = :id AND name = :name AND dt_finished IS NULL")
        .bind("id", id)
        .bind("name", name.label())
        .bind("now", now.toEpochMilli())
        .execute();
  }
}
