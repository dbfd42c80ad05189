package io.platen.startupscript;

import io.platen.model.Issues;
import io.platen.paging.Cursors;
import io.platen.paging.Page;
import io.platen.responsecache.Cacheable;
import io.platen.rest.BodySchema;
import io.platen.rest.Callers;
import io.platen.rest.ErrorAnswer;
import io.platen.rest.IdempotentRequests;
import io.platen.rest.Lines;
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
import java.util.Optional;
import java.util.function.BiFunction;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Startup scripts over HTTP. */
@Path("/v1/startup-scripts")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Startup scripts")
public final class StartupScriptResource {
  private static final List<String> ORDERS = ListOrders.of(StartupScriptResource.class);

  /** Cloud-init reads what is given to a machine at every boot; a script that long is a mistake. */
  private static final int SCRIPT_BYTES = 64 << 10;

  private static final int DESCRIPTION_BYTES = 4 << 10;

  private final StartupScriptService scripts;
  private final Cursors cursors;
  private final IdempotentRequests once;

  public StartupScriptResource(
      StartupScriptService scripts, Cursors cursors, IdempotentRequests once) {
    this.scripts = scripts;
    this.cursors = cursors;
    this.once = once;
  }

  @Schema(name = "CreateStartupScript")
  record Create(
      @Schema(required = true) @Name String name,
      @Schema(
              required = true,
              description =
                  "At most 64 KiB. Its first line (#!) names what runs it; without one, /bin/sh does.")
          @Lines(bytes = SCRIPT_BYTES)
          String script,
      @Lines(bytes = DESCRIPTION_BYTES, mayBeEmpty = true) @Nullable String description,
      @Schema(defaultValue = "true") boolean isEnabled,
      @Schema(defaultValue = "false") boolean isRunOnce) {}

  @Schema(name = "UpdateStartupScript")
  record Update(
      @Name @Nullable String name,
      @Lines(bytes = SCRIPT_BYTES) @Nullable String script,
      @Lines(bytes = DESCRIPTION_BYTES, mayBeEmpty = true) @Nullable String description,
      @Nullable Boolean isEnabled,
      @Nullable Boolean isRunOnce) {}

  @Schema(name = "AssignStartupScript")
  record Assign(@Schema(required = true) String machineId) {}

  private static String team(ContainerRequestContext request) {
    return Callers.of(request).teamId();
  }

  @GET
  @Cacheable
  @Operation(summary = "List startup scripts")
  @ListOrder({"dtCreated", "name"})
  @ListFilter(by = "name", to = ListFilter.NAMES)
  public Page<StartupScriptView> list(
      @Context UriInfo uri, @Context ContainerRequestContext request) {
    var query = new QueryParams(uri.getQueryParameters(), new Issues());
    var page = ListParams.read(query, cursors, "startup-scripts", team(request), ORDERS);
    query.issues().throwIfAny();
    return scripts.list(page, query.text("name")).map(StartupScriptView::of);
  }

  @POST
  @Operation(summary = "Create a startup script")
  public StartupScriptView create(
      @BodySchema(Create.class) byte[] json, @Context ContainerRequestContext request) {
    return once.run(
        request,
        json,
        () -> {
          var body = ReadBody.checked(json, Create.class);
          var content =
              new StartupScriptService.Content(
                  Optional.of(body.name()),
                  Optional.ofNullable(body.description()),
                  Optional.of(body.script()),
                  Optional.of(body.isEnabled()),
                  Optional.of(body.isRunOnce()));
          return handle -> StartupScriptView.of(scripts.create(handle, team(request), content));
        });
  }

  @GET
  @Cacheable
  @Path("/{id}")
  @Operation(summary = "Get a startup script")
  public StartupScriptView get(
      @PathParam("id") String id, @Context ContainerRequestContext request) {
    return StartupScriptView.of(scripts.get(team(request), id));
  }

  @GET
  @Path("/{id}/script")
  @Operation(summary = "Get the text of a startup script")
  public StartupScriptView.Text script(
      @PathParam("id") String id, @Context ContainerRequestContext request) {
    return new StartupScriptView.Text(scripts.get(team(request), id).script().script());
  }

  @PUT
  @Path("/{id}")
  @Operation(summary = "Update a startup script")
  public StartupScriptView update(
      @PathParam("id") String id,
      @BodySchema(Update.class) byte[] json,
      @Context ContainerRequestContext request) {
    var body = ReadBody.checked(json, Update.class);
    var content =
        new StartupScriptService.Content(
            Optional.ofNullable(body.name()),
            Optional.ofNullable(body.description()),
            Optional.ofNullable(body.script()),
            Optional.ofNullable(body.isEnabled()),
            Optional.ofNullable(body.isRunOnce()));
    return StartupScriptView.of(scripts.update(team(request), id, content));
  }

  @DELETE
  @Path("/{id}")
  @Operation(summary = "Delete a startup script")
  public StartupScriptView delete(
      @PathParam("id") String id, @Context ContainerRequestContext request) {
    return StartupScriptView.of(scripts.delete(team(request), id));
  }

  @POST
  @Path("/{id}/assign")
  @Operation(summary = "Assign a startup script")
  @ErrorAnswer(status = 404, when = "There is no such script, or no such machine.")
  @ErrorAnswer(
      status = 409,
      when =
          "The machine can't run startup scripts: it was adopted, or is no Linux; or the Idempotency-Key was used for another request.")
  public StartupScriptView assign(
      @PathParam("id") String id,
      @BodySchema(Assign.class) byte[] json,
      @Context ContainerRequestContext request) {
    return change(
        request, json, (handle, machine) -> scripts.assign(handle, team(request), id, machine));
  }

  @POST
  @Path("/{id}/unassign")
  @Operation(summary = "Unassign a startup script")
  @ErrorAnswer(status = 404, when = "There is no such script, or no such machine that has it.")
  public StartupScriptView unassign(
      @PathParam("id") String id,
      @BodySchema(Assign.class) byte[] json,
      @Context ContainerRequestContext request) {
    return change(
        request, json, (handle, machine) -> scripts.unassign(handle, team(request), id, machine));
  }

  private StartupScriptView change(
      ContainerRequestContext request,
      byte[] json,
      BiFunction<Handle, String, StartupScriptService.Assigned> change) {
    return once.run(
        request,
        json,
        () -> {
          String machine = ReadBody.checked(json, Assign.class).machineId();
          return handle -> StartupScriptView.of(change.apply(handle, machine));
        });
  }
}
