package io.platen.event;

import io.platen.api.ApiException;
import io.platen.api.Ids;
import io.platen.database.Database;
import io.platen.database.JobTable;
import io.platen.paging.Filter;
import io.platen.paging.ListRequest;
import io.platen.paging.Page;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Makes events together with their jobs, cancels them, and shows them to their team. */
public final class EventService {
  private final Database database;
  private final EventRepository events;
  private final InstantSource clock;

  public EventService(Database database, EventRepository events, InstantSource clock) {
    this.database = database;
    this.events = events;
    this.clock = clock;
  }

  /**
   * Writes an event and its job in the caller's transaction: both are there, or neither. The job
   * begins at once after the commit; tell {@link JobRunner#wake} to look.
   */
  public Event create(
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
    new JobTable(database, name.queue().table())
        .client(handle)
        .scheduleIfNotExists(JobRunner.TASK.instance(event.id()).scheduledTo(now));
    return event;
  }

  /** Cancels what is under way for a template; its job stops within a second. */
  public boolean cancelByTemplate(Handle handle, String templateId, EventName name) {
    return events.cancelByTemplate(handle, templateId, name, clock.instant()) > 0;
  }

  /** Cancels what is under way for a machine; its job stops within a second. */
  public boolean cancelByMachine(Handle handle, String machineId, EventName name) {
    return events.cancelByMachine(handle, machineId, name, clock.instant()) > 0;
  }

  public Page<Event> list(ListRequest request, Optional<String> machineId) {
    var filters =
        machineId
            .map(
                id ->
                    List.of(
                        Filter.equal("team_id", request.teamId()), Filter.equal("machine_id", id)))
            .orElseGet(() -> List.of(Filter.equal("team_id", request.teamId())));
    return database.read(handle -> events.list(handle, request, filters));
  }

  /**
   * A team's event.
   *
   * @throws ApiException NOT_FOUND where the team has no such event
   */
  public Event get(String teamId, String id) {
    return database
        .read(handle -> events.find(handle, id))
        .filter(event -> teamId.equals(event.teamId()))
        .orElseThrow(() -> ApiException.notFound("machine event", id));
  }

  /** Any team's event. */
  public Optional<Event> find(String id) {
    return database.read(handle -> events.find(handle, id));
  }
}
