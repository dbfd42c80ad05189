package io.platen.snapshot;

import io.platen.event.DataAndEvent;
import io.platen.event.EventView;
import io.platen.job.JobRunner;
import io.platen.model.Issues;
import io.platen.paging.Cursors;
import io.platen.paging.Page;
import io.platen.responsecache.Cacheable;
import io.platen.rest.BodySchema;
import io.platen.rest.Callers;
import io.platen.rest.ErrorAnswer;
import io.platen.rest.IdempotentRequests;
import io.platen.rest.ListFilter;
import io.platen.rest.ListOrder;
import io.platen.rest.ListOrders;
import io.platen.rest.ListParams;
import io.platen.rest.Name;
import io.platen.rest.QueryParams;
import io.platen.rest.ReadBody;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jdbi.v3.core.Handle;

/** Snapshots over HTTP. */
@Path("/v1/snapshots")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Snapshots")
public final class SnapshotResource {
  private static final List<String> ORDERS = ListOrders.of(SnapshotResource.class);

  private final SnapshotService snapshots;
  private final Cursors cursors;
  private final IdempotentRequests once;
  private final JobRunner jobs;

  public SnapshotResource(
      SnapshotService snapshots, Cursors cursors, IdempotentRequests once, JobRunner jobs) {
    this.snapshots = snapshots;
    this.cursors = cursors;
    this.once = once;
    this.jobs = jobs;
  }

  @Schema(name = "CreateSnapshot")
  record Create(
      @Schema(required = true) @Name String name, @Schema(required = true) String machineId) {}

  @Schema(name = "UpdateSnapshot")
  record Update(@Schema(required = true) @Name String name) {}

  @Schema(name = "RestoreSnapshot")
  record Restore(
      @Schema(
              defaultValue = "false",
              description = "Whether a snapshot of what the disk holds now is taken first.")
          boolean createSnapshotBeforeRestore) {}

  private static String team(ContainerRequestContext request) {
    return Callers.of(request).teamId();
  }

  @GET
  @Cacheable
  @Operation(summary = "List snapshots")
  @ListOrder({"dtCreated", "name"})
  @ListFilter(by = "machineId", to = "snapshots of this machine")
  @ListFilter(
      by = "deleted",
      isFlag = true,
      to =
          "snapshots that are deleted and can be undeleted (true), or those that are not (false, the default)")
  public Page<SnapshotView> list(@Context UriInfo uri, @Context ContainerRequestContext request) {
    var query = new QueryParams(uri.getQueryParameters(), new Issues());
    boolean deleted = query.flag("deleted");
    String list = deleted ? "deleted-snapshots" : "snapshots";
    var page = ListParams.read(query, cursors, list, team(request), ORDERS);
    var machineId = query.text("machineId");
    query.issues().throwIfAny();
    return snapshots.list(page, machineId, deleted).map(SnapshotView::of);
  }

  @POST
  @Operation(summary = "Create a snapshot")
  @ErrorAnswer(status = 404, when = "The team has no such machine.")
  @ErrorAnswer(
      status = 409,
      when =
          "The machine is neither off nor ready; or the Idempotency-Key was used for another request.")
  public DataAndEvent<SnapshotView> create(
      @BodySchema(Create.class) byte[] json, @Context ContainerRequestContext request) {
    String teamId = team(request);
    return begun(
        request,
        json,
        Create.class,
        (handle, body) -> snapshots.create(handle, teamId, body.machineId(), body.name()));
  }

  @GET
  @Cacheable
  @Path("/{id}")
  @Operation(summary = "Get a snapshot")
  public SnapshotView get(@PathParam("id") String id, @Context ContainerRequestContext request) {
    return SnapshotView.of(snapshots.get(team(request), id));
  }

  @PUT
  @Path("/{id}")
  @Operation(summary = "Update a snapshot")
  public SnapshotView update(
      @PathParam("id") String id,
      @BodySchema(Update.class) byte[] json,
      @Context ContainerRequestContext request) {
    String name = ReadBody.checked(json, Update.class).name();
    return SnapshotView.of(snapshots.rename(team(request), id, name));
  }

  @DELETE
  @Path("/{id}")
  @Operation(
      summary = "Delete a snapshot",
      description =
          "The snapshot can be undeleted for as long as the setting undeleteDays says, unless its capture was not complete.")
  @Parameter(
      name = "purge",
      in = ParameterIn.QUERY,
      description =
          "Whether it is deleted for good (true). A snapshot that is deleted already can be undeleted no more then.",
      schema = @Schema(type = SchemaType.BOOLEAN, defaultValue = "false"))
  @ErrorAnswer(status = 409, when = "Its machine is being restored with it.")
  public DataAndEvent<SnapshotView> delete(
      @PathParam("id") String id, @Context UriInfo uri, @Context ContainerRequestContext request) {
    var query = new QueryParams(uri.getQueryParameters(), new Issues());
    boolean purge = query.flag("purge");
    query.issues().throwIfAny();
    var deleted = snapshots.delete(team(request), id, purge);
    jobs.wake();
    return answer(deleted);
  }

  @POST
  @Path("/{id}/undelete")
  @Operation(
      summary = "Undelete a snapshot",
      description =
          "Brings back a snapshot that was deleted, by itself or with its machine, and is not purged yet. A machine that is deleted stays so: another one can be launched from the snapshot. An automatic snapshot counts as one that was not taken by a schedule from then on.")
  @ErrorAnswer(
      status = 409,
      when = "It is not deleted; or the Idempotency-Key was used for another request.")
  public SnapshotView undelete(
      @PathParam("id") String id, byte[] ignored, @Context ContainerRequestContext request) {
    String teamId = team(request);
    return once.run(
        request, ignored, () -> handle -> SnapshotView.of(snapshots.undelete(handle, teamId, id)));
  }

  @POST
  @Path("/{id}/restore")
  @Operation(
      summary = "Restore a snapshot",
      description =
          "Gives the machine's disk back what it held when the snapshot was taken. A machine that runs is stopped first, and started again afterwards.")
  @ErrorAnswer(
      status = 409,
      when =
          "The snapshot is not complete, or damaged; the machine is neither off nor ready, or is being captured; or the Idempotency-Key was used for another request.")
  @ErrorAnswer(status = 412, when = "The machine's disk was adopted.")
  public DataAndEvent<SnapshotView> restore(
      @PathParam("id") String id,
      @BodySchema(Restore.class) byte[] json,
      @Context ContainerRequestContext request) {
    String teamId = team(request);
    return begun(
        request,
        json,
        Restore.class,
        (handle, body) ->
            snapshots.restore(handle, teamId, id, body.createSnapshotBeforeRestore()));
  }

  /** What a request begins, in the transaction that keeps its answer. */
  private interface Beginning<T> {
    SnapshotService.SnapshotAndEvent in(Handle handle, T body);
  }

  private <T extends Record> DataAndEvent<SnapshotView> begun(
      ContainerRequestContext request, byte[] json, Class<T> type, Beginning<T> beginning) {
    var answer =
        once.run(
            request,
            json,
            () -> {
              var body = ReadBody.checked(json, type);
              return handle -> answer(beginning.in(handle, body));
            });
    jobs.wake();
    return answer;
  }

  private static DataAndEvent<SnapshotView> answer(SnapshotService.SnapshotAndEvent begun) {
    return new DataAndEvent<>(SnapshotView.of(begun.snapshot()), EventView.of(begun.event()));
  }
}
