package io.platen.event;

import io.platen.database.Database;
import io.platen.model.Refusal;
import io.platen.paging.Filter;
import io.platen.paging.ListRequest;
import io.platen.paging.Page;
import java.util.List;
import java.util.Optional;

/** Shows events to their team. */
public final class EventService {
  private final Database database;
  private final EventRepository events;

  public EventService(Database database, EventRepository events) {
    this.database = database;
    this.events = events;
  }

  public Page<Event> list(ListRequest request, Optional<String> machineId) {
    var filters =
        machineId
            .map(
                id ->
                    List.of(
                        Filter.equal("team_id", request.teamId()), Filter.equal("machine_id", id)))
            .orElseGet(() -> List.of(Filter.equal("team_id", request.teamId())));
    return database.query(queries -> events.list(queries, request, filters));
  }

  /**
   * A team's event.
   *
   * @throws Refusal NOT_FOUND where the team has no such event
   */
  public Event get(String teamId, String id) {
    return database
        .query(queries -> events.find(queries, id))
        .filter(event -> teamId.equals(event.teamId()))
        .orElseThrow(() -> Refusal.notFound("machine event", id));
  }

  /** Any team's event. */
  public Optional<Event> find(String id) {
    return database.read(handle -> events.find(handle, id));
  }
}
