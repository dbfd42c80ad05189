package io.platen.network;

import io.platen.catalog.Catalog;
import io.platen.catalog.Offers;
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

/** Private networks over HTTP. */
@Path("/v1/private-networks")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Private networks")
public final class PrivateNetworkResource {
  private static final List<String> ORDERS = ListOrders.of(PrivateNetworkResource.class);

  private final PrivateNetworkService networks;
  private final Offers offers;
  private final Cursors cursors;
  private final IdempotentRequests once;

  public PrivateNetworkResource(
      PrivateNetworkService networks, Catalog catalog, Cursors cursors, IdempotentRequests once) {
    this.networks = networks;
    offers = new Offers(catalog);
    this.cursors = cursors;
    this.once = once;
  }

  @Schema(name = "CreatePrivateNetwork")
  record Create(
      @Schema(required = true) @Name String name, @Schema(required = true) String region) {}

  @Schema(name = "UpdatePrivateNetwork")
  record Update(@Schema(required = true) @Name String name) {}

  private static String team(ContainerRequestContext request) {
    return Callers.of(request).teamId();
  }

  @GET
  @Cacheable
  @Operation(summary = "List private networks")
  @ListOrder({"dtCreated", "name"})
  @ListFilter(by = "name", to = ListFilter.NAMES)
  @ListFilter(by = "region", to = "networks in this region")
  public Page<PrivateNetworkView> list(
      @Context UriInfo uri, @Context ContainerRequestContext request) {
    var query = new QueryParams(uri.getQueryParameters(), new Issues());
    var page = ListParams.read(query, cursors, "private-networks", team(request), ORDERS);
    var region = query.text("region").map(name -> offers.region(name, query.issues()));
    query.issues().throwIfAny();
    return networks.list(page, query.text("name"), region).map(PrivateNetworkView::of);
  }

  @POST
  @Operation(summary = "Create a private network")
  @ErrorAnswer(
      status = 409,
      when = "No subnet is left; or the Idempotency-Key was used for another request.")
  @ErrorAnswer(status = 412, when = "The server has no hypervisor.")
  public PrivateNetworkView create(
      @BodySchema(Create.class) byte[] json, @Context ContainerRequestContext request) {
    return once.run(
        request,
        json,
        () -> {
          var body = ReadBody.of(json, Create.class);
          String name = body.value().name();
          String region = offers.regionUnlessEmpty(body.value().region(), body.issues());
          body.issues().throwIfAny();
          networks.requireHypervisor(region);
          return handle ->
              PrivateNetworkView.of(networks.create(handle, team(request), name, region));
        });
  }

  @GET
  @Cacheable
  @Path("/{id}")
  @Operation(summary = "Get a private network")
  public PrivateNetworkView get(
      @PathParam("id") String id, @Context ContainerRequestContext request) {
    return PrivateNetworkView.of(networks.get(team(request), id));
  }

  @PUT
  @Path("/{id}")
  @Operation(summary = "Update a private network")
  public PrivateNetworkView update(
      @PathParam("id") String id,
      @BodySchema(Update.class) byte[] json,
      @Context ContainerRequestContext request) {
    String name = ReadBody.checked(json, Update.class).name();
    return PrivateNetworkView.of(networks.rename(team(request), id, name));
  }

  @DELETE
  @Path("/{id}")
  @Operation(summary = "Delete a private network")
  @ErrorAnswer(status = 409, when = "Machines are on it, or were and are still being removed.")
  public PrivateNetworkView.Deleted delete(
      @PathParam("id") String id, @Context ContainerRequestContext request) {
    return new PrivateNetworkView.Deleted(networks.delete(team(request), id).id());
  }
}
