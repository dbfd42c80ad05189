package io.platen.event;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.platen.model.Issues;
import io.platen.paging.Cursors;
import io.platen.paging.Page;
import io.platen.responsecache.Cacheable;
import io.platen.rest.Callers;
import io.platen.rest.ErrorAnswer;
import io.platen.rest.IdempotentRequests;
import io.platen.rest.ListFilter;
import io.platen.rest.ListOrder;
import io.platen.rest.ListOrders;
import io.platen.rest.ListParams;
import io.platen.rest.QueryParams;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Machine events over HTTP. */
@Path("/v1/machine-events")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Machine events")
public final class EventResource {
  private static final List<String> ORDERS = ListOrders.of(EventResource.class);

  private final EventService events;
  private final EventCancellation cancellation;
  private final Cursors cursors;
  private final IdempotentRequests once;

  public EventResource(
      EventService events,
      EventCancellation cancellation,
      Cursors cursors,
      IdempotentRequests once) {
    this.events = events;
    this.cancellation = cancellation;
    this.cursors = cursors;
    this.once = once;
  }

  /** How far an event's work is. */
  @Schema(name = "Progress")
  public record ProgressView(
      @Nullable String phase,
      @Schema(
              enumeration = {"agent", "crash"},
              description =
                  "Of the capture of a running machine: \"agent\" where its guest's agent held the file systems still, \"crash\" where the disk is as after a loss of power.")
          @JsonInclude(JsonInclude.Include.NON_NULL)
          @Nullable String consistency,
      long bytesDone,
      long bytesTotal,
      long bytesPerSecond,
      @Nullable Long secondsLeft) {}

  @GET
  @Cacheable
  @Operation(summary = "List machine events")
  @ListOrder("dtCreated")
  @ListFilter(by = "machineId", to = "events of this machine")
  public Page<EventView> list(@Context UriInfo uri, @Context ContainerRequestContext request) {
    var query = new QueryParams(uri.getQueryParameters(), new Issues());
    var page =
        ListParams.read(query, cursors, "machine-events", Callers.of(request).teamId(), ORDERS);
    var machineId = query.text("machineId");
    query.issues().throwIfAny();
    return events.list(page, machineId).map(EventView::of);
  }

  @GET
  @Cacheable
  @Path("/{id}")
  @Operation(summary = "Get a machine event")
  public EventView get(@PathParam("id") String id, @Context ContainerRequestContext request) {
    return EventView.of(events.get(Callers.of(request).teamId(), id));
  }

  @POST
  @Path("/{id}/cancel")
  @Operation(
      summary = "Cancel a machine event",
      description =
          "Undoes what is under way: the template of a capture is deleted, and so is the machine of a launch. A start, stop or restart can be cancelled until it begins.")
  @ErrorAnswer(
      status = 409,
      when =
          "It has ended, or can't be undone; or the Idempotency-Key was used for another request.")
  public EventView cancel(
      @PathParam("id") String id, byte[] ignored, @Context ContainerRequestContext request) {
    String teamId = Callers.of(request).teamId();
    return once.run(
        request, ignored, () -> handle -> EventView.of(cancellation.cancel(handle, teamId, id)));
  }

  @GET
  @Path("/{id}/progress")
  @Operation(summary = "Get the progress of a machine event")
  public ProgressView progress(
      @PathParam("id") String id, @Context ContainerRequestContext request) {
    var event = events.get(Callers.of(request).teamId(), id);
    var progress = event.progress();
    return new ProgressView(
        event.state().isFinal() ? progress.phaseAtEnd(event.state()) : progress.phase(),
        progress.consistency(),
        progress.bytesDone(),
        progress.bytesTotal(),
        event.state().isFinal() ? 0 : progress.bytesPerSecond(),
        event.state().isFinal() ? Long.valueOf(0) : progress.secondsLeft());
  }
}
