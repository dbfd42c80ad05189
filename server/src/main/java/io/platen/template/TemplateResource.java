package io.platen.template;

import io.platen.catalog.Catalog;
import io.platen.catalog.Offers;
import io.platen.event.DataAndEvent;
import io.platen.event.EventView;
import io.platen.job.JobRunner;
import io.platen.model.Issues;
import io.platen.model.Refusal;
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
import io.platen.site.Sites;
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

/** Custom templates over HTTP. */
@Path("/v1/custom-templates")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Custom templates")
public final class TemplateResource {
  private static final List<String> ORDERS = ListOrders.of(TemplateResource.class);

  private final TemplateService templates;
  private final Catalog catalog;
  private final Offers offers;
  private final Sites sites;
  private final Cursors cursors;
  private final IdempotentRequests once;
  private final JobRunner jobs;

  public TemplateResource(
      TemplateService templates,
      Catalog catalog,
      Sites sites,
      Cursors cursors,
      IdempotentRequests once,
      JobRunner jobs) {
    this.templates = templates;
    this.catalog = catalog;
    this.offers = new Offers(catalog);
    this.sites = sites;
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
  @ListFilter(
      by = "deleted",
      isFlag = true,
      to =
          "templates that are deleted and can be undeleted (true), or those that are not (false, the default)")
  public Page<TemplateView> list(@Context UriInfo uri, @Context ContainerRequestContext request) {
    var query = new QueryParams(uri.getQueryParameters(), new Issues());
    boolean deleted = query.flag("deleted");
    var page =
        ListParams.read(
            query,
            cursors,
            deleted ? "deleted-custom-templates" : "custom-templates",
            Callers.of(request).teamId(),
            ORDERS);
    var name = query.text("name");
    var machineId = query.text("machineId");
    query.issues().throwIfAny();
    var found =
        deleted
            ? templates.listDeleted(page, name, machineId)
            : templates.list(page, name, machineId);
    return found.map(this::view);
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
  @Operation(
      summary = "Delete template",
      description =
          "The template can be undeleted for as long as the setting undeleteDays says, unless its capture was not complete.")
  @Parameter(
      name = "purge",
      in = ParameterIn.QUERY,
      description =
          "Whether it is deleted for good (true). A template that is deleted already can be undeleted no more then.",
      schema = @Schema(type = SchemaType.BOOLEAN, defaultValue = "false"))
  @ErrorAnswer(status = 409, when = "The template is protected.")
  public TemplateView delete(
      @PathParam("id") String id, @Context UriInfo uri, @Context ContainerRequestContext request) {
    var query = new QueryParams(uri.getQueryParameters(), new Issues());
    boolean purge = query.flag("purge");
    query.issues().throwIfAny();
    String teamId = Callers.of(request).teamId();
    return view(purge ? templates.purge(teamId, id) : templates.delete(teamId, id));
  }

  @POST
  @Path("/{id}/undelete")
  @Operation(
      summary = "Undelete a template",
      description = "Brings back a template that was deleted and is not purged yet.")
  @ErrorAnswer(
      status = 409,
      when = "It is not deleted; or the Idempotency-Key was used for another request.")
  public TemplateView undelete(
      @PathParam("id") String id, byte[] ignored, @Context ContainerRequestContext request) {
    return changed(request, ignored, (handle, team) -> templates.undelete(handle, team, id));
  }

  @GET
  @Cacheable
  @Path("/{id}/protection")
  @Operation(summary = "Get whether a template is protected")
  public ProtectionView protection(
      @PathParam("id") String id, @Context ContainerRequestContext request) {
    return new ProtectionView(templates.isProtected(Callers.of(request).teamId(), id));
  }

  @POST
  @Path("/{id}/protect")
  @Operation(
      summary = "Protect a template",
      description = "It can't be deleted until its protection is ended.")
  @ErrorAnswer(
      status = 409,
      when =
          "The template is still being captured; or the Idempotency-Key was used for another request.")
  public TemplateView protect(
      @PathParam("id") String id, byte[] ignored, @Context ContainerRequestContext request) {
    return changed(request, ignored, (handle, team) -> templates.protect(handle, team, id, true));
  }

  @POST
  @Path("/{id}/unprotect")
  @Operation(summary = "Unprotect a template", description = "It can be deleted again.")
  @ErrorAnswer(
      status = 409,
      when =
          "The template is still being captured; or the Idempotency-Key was used for another request.")
  public TemplateView unprotect(
      @PathParam("id") String id, byte[] ignored, @Context ContainerRequestContext request) {
    return changed(request, ignored, (handle, team) -> templates.protect(handle, team, id, false));
  }

  @Schema(name = "DistributeCustomTemplate")
  record Distribute(@Schema(required = true) String region) {}

  @POST
  @Path("/{id}/distribute")
  @Operation(
      summary = "Distribute a template",
      description =
          "Has the store that a region uses get a copy of the template, so that machines are launched there at once. Where that has it already, the event is done at once.")
  @ErrorAnswer(
      status = 409,
      when =
          "The template is still being captured, or damaged; or the Idempotency-Key was used for another request.")
  public DataAndEvent<TemplateView> distribute(
      @PathParam("id") String id,
      @BodySchema(Distribute.class) byte[] json,
      @Context ContainerRequestContext request) {
    String teamId = Callers.of(request).teamId();
    var answer = once.run(request, json, () -> distribution(teamId, id, json));
    jobs.wake();
    return answer;
  }

  private IdempotentRequests.Effect<DataAndEvent<TemplateView>> distribution(
      String teamId, String id, byte[] json) {
    var body = ReadBody.of(json, Distribute.class);
    String region = offers.regionUnlessEmpty(body.value().region(), body.issues());
    body.issues().throwIfAny();
    String store =
        sites
            .of(region)
            .orElseThrow(
                () ->
                    Refusal.invalid(
                        "region",
                        "the configuration names no store for %s (\"regions\")".formatted(region)));
    return handle -> {
      var begun = templates.distribute(handle, teamId, id, store, sites.buckets());
      return new DataAndEvent<>(view(begun.template()), EventView.of(begun.event()));
    };
  }

  /** What a request changes of a team's template, in the transaction that keeps its answer. */
  private interface Change {
    Template in(Handle handle, String teamId);
  }

  private TemplateView changed(ContainerRequestContext request, byte[] body, Change change) {
    String teamId = Callers.of(request).teamId();
    return once.run(request, body, () -> handle -> view(change.in(handle, teamId)));
  }

  private TemplateView view(Template template) {
    return TemplateView.of(template, catalog);
  }
}
