package io.platen.template;

import io.platen.catalog.Catalog;
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
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Custom templates over HTTP. */
@Path("/v1/custom-templates")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Custom templates")
public final class TemplateResource {
  private static final List<String> ORDERS = ListOrders.of(TemplateResource.class);

  private final TemplateService templates;
  private final Catalog catalog;
  private final Cursors cursors;
  private final IdempotentRequests once;
  private final JobRunner jobs;

  public TemplateResource(
      TemplateService templates,
      Catalog catalog,
      Cursors cursors,
      IdempotentRequests once,
      JobRunner jobs) {
    this.templates = templates;
    this.catalog = catalog;
    this.cursors = cursors;
    this.once = once;
    this.jobs = jobs;
  }

  @Schema(name = "CreateCustomTemplate")
  record Create(
      @Schema(required = true) String machineId, @Schema(required = true) @Name String name) {}

  @Schema(name = "UpdateCustomTemplate")
  record Update(@Schema(required = true) @Name String name) {}

  @GET
  @Cacheable
  @Operation(summary = "List templates")
  @ListOrder({"dtCreated", "name"})
  @ListFilter(by = "name", to = ListFilter.NAMES)
  @ListFilter(by = "machineId", to = "templates of this machine")
  public Page<TemplateView> list(@Context UriInfo uri, @Context ContainerRequestContext request) {
    var query = new QueryParams(uri.getQueryParameters(), new Issues());
    var page =
        ListParams.read(query, cursors, "custom-templates", Callers.of(request).teamId(), ORDERS);
    var name = query.text("name");
    var machineId = query.text("machineId");
    query.issues().throwIfAny();
    return templates.list(page, name, machineId).map(this::view);
  }

  @POST
  @Operation(summary = "Create template")
  @ErrorAnswer(status = 404, when = "The team has no such machine.")
  @ErrorAnswer(
      status = 409,
      when = "The machine is being created; or the Idempotency-Key was used for another request.")
  public DataAndEvent<TemplateView> create(
      @BodySchema(Create.class) byte[] json, @Context ContainerRequestContext request) {
    String teamId = Callers.of(request).teamId();
    var answer =
        once.run(request, json, () -> creation(teamId, ReadBody.checked(json, Create.class)));
    jobs.wake();
    return answer;
  }

  private IdempotentRequests.Effect<DataAndEvent<TemplateView>> creation(
      String teamId, Create body) {
    return handle -> {
      var created = templates.create(handle, teamId, body.machineId(), body.name());
      return new DataAndEvent<>(view(created.template()), EventView.of(created.event()));
    };
  }

  @GET
  @Cacheable
  @Path("/{id}")
  @Operation(summary = "Get a template")
  public TemplateView get(@PathParam("id") String id, @Context ContainerRequestContext request) {
    return view(templates.get(Callers.of(request).teamId(), id));
  }

  @PUT
  @Path("/{id}")
  @Operation(summary = "Update a template")
  public TemplateView update(
      @PathParam("id") String id,
      @BodySchema(Update.class) byte[] json,
      @Context ContainerRequestContext request) {
    String name = ReadBody.checked(json, Update.class).name();
    return view(templates.rename(Callers.of(request).teamId(), id, name));
  }

  @DELETE
  @Path("/{id}")
  @Operation(summary = "Delete template")
  public TemplateView delete(@PathParam("id") String id, @Context ContainerRequestContext request) {
    return view(templates.delete(Callers.of(request).teamId(), id));
  }

  private TemplateView view(Template template) {
    return TemplateView.of(template, catalog);
  }
}
