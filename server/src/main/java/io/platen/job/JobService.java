package io.platen.job;

import io.platen.database.Database;
import io.platen.event.Event;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.event.EventState;
import io.platen.event.Progress;
import io.platen.event.Traffic;
import io.platen.model.Ids;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Makes jobs together with their events, and cancels them. */
public final class JobService {
  private final Database database;
  private final EventRepository events;
  private final InstantSource clock;

  public JobService(Database database, EventRepository events, InstantSource clock) {
    this.database = database;
    this.events = events;
    this.clock = clock;
  }

  /**
   * Writes an event and its job in the caller's transaction: both are there, or neither. The job
   * begins at once after the commit; call {@link JobRunner#wake} then.
   */
  public Event create(
      Handle handle,
      @Nullable String teamId,
      @Nullable String machineId,
      @Nullable String templateId,
      EventName name) {
    return create(handle, teamId, machineId, templateId, name, node(handle, machineId));
  }

  /**
   * As {@link #create(Handle, String, String, String, EventName)}, to be done by a certain node.
   *
   * @param node its name; empty where the database has one node only
   */
  public Event create(
      Handle handle,
      @Nullable String teamId,
      @Nullable String machineId,
      @Nullable String templateId,
      EventName name,
      String node) {
    var event = write(handle, teamId, machineId, templateId, name);
    if (!node.isEmpty()) {
      events.giveTo(handle, event.id(), node);
    }
    new JobTable(database, JobQueue.of(name).table())
        .client(handle)
        .scheduleIfNotExists(NodeTask.of(node).instance(event.id()).scheduledTo(event.dtCreated()));
    return event;
  }

  /**
   * As {@link #create(Handle, String, String, String, EventName, String)}, of a copy into a bucket
   * that its node does not use.
   *
   * @param store the bucket's name
   */
  public Event createCopy(
      Handle handle, String teamId, String templateId, EventName name, String node, String store) {
    var event = create(handle, teamId, null, templateId, name, node);
    events.copyInto(handle, event.id(), store);
    return event;
  }

  /**
   * Writes an event that failed before it began, in the caller's transaction.
   *
   * @param error what failed, and what to do
   */
  public Event createFailed(
      Handle handle,
      String teamId,
      @Nullable String machineId,
      @Nullable String templateId,
      EventName name,
      String error) {
    return createEnded(handle, teamId, machineId, templateId, name, EventState.ERROR, error);
  }

  /** Writes an event that is done as it begins, in the caller's transaction. */
  public Event createDone(
      Handle handle, String teamId, @Nullable String templateId, EventName name) {
    return createEnded(handle, teamId, null, templateId, name, EventState.DONE, null);
  }

  private Event createEnded(
      Handle handle,
      String teamId,
      @Nullable String machineId,
      @Nullable String templateId,
      EventName name,
      EventState state,
      @Nullable String error) {
    var event = write(handle, teamId, machineId, templateId, name);
    events.end(handle, event.id(), event.attempt(), state, error, event.dtCreated());
    return events.find(handle, event.id()).orElseThrow();
  }

  private Event write(
      Handle handle,
      @Nullable String teamId,
      @Nullable String machineId,
      @Nullable String templateId,
      EventName name) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    var event =
        new Event(
            Ids.event(),
            teamId,
            machineId,
            templateId,
            name,
            EventState.NEW,
            null,
            0,
            null,
            Progress.NONE,
            Traffic.NONE,
            now,
            null,
            null);
    events.insert(handle, event);
    return event;
  }

  /** Who does it: the node that has the machine, or this one. */
  private String node(Handle handle, @Nullable String machineId) {
    if (database.node().isEmpty() || machineId == null) {
      return database.node();
    }
    return handle
        .createQuery("SELECT node FROM machine WHERE id = :id")
        .bind("id", machineId)
        .mapTo(String.class)
        .findOne()
        .orElse(database.node());
  }

  /** Cancels what is under way for a template; its job stops within a second. */
  public boolean cancelByTemplate(Handle handle, String templateId, EventName name) {
    return events.cancelByTemplate(handle, templateId, name, clock.instant()) > 0;
  }

  /** Cancels what is under way for a machine; its job stops within a second. */
  public boolean cancelByMachine(Handle handle, String machineId, EventName name) {
    return events.cancelByMachine(handle, machineId, name, clock.instant()) > 0;
  }
}
