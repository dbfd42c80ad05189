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
import org.jspecify.annotations.Nullable;

/** Claimed public addresses over HTTP. */
@Path("/v1/public-ips")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Public IPs")
public final class PublicIpResource {
  private static final List<String> ORDERS = ListOrders.of(PublicIpResource.class);

  private final PublicIpService addresses;
  private final Offers offers;
  private final Cursors cursors;
  private final IdempotentRequests once;

  public PublicIpResource(
      PublicIpService addresses, Catalog catalog, Cursors cursors, IdempotentRequests once) {
    this.addresses = addresses;
    offers = new Offers(catalog);
    this.cursors = cursors;
    this.once = once;
  }

  @Schema(name = "ClaimPublicIp")
  record Claim(@Schema(required = true) String region) {}

  @Schema(name = "AssignPublicIp")
  record Assign(
      @Schema(required = true, nullable = true, description = "null to take it from the machine.")
          @Nullable String machineId) {}

  /** The answer to a release. */
  @Schema(name = "ReleasedPublicIp")
  public record Released(String ip) {}

  private static String team(ContainerRequestContext request) {
    return Callers.of(request).teamId();
  }

  @GET
  @Cacheable
  @Operation(summary = "List public IPs")
  @ListOrder("dtCreated")
  @ListFilter(by = "region", to = "addresses in this region")
  public Page<PublicIpView> list(@Context UriInfo uri, @Context ContainerRequestContext request) {
    var query = new QueryParams(uri.getQueryParameters(), new Issues());
    var page = ListParams.read(query, cursors, "public-ips", team(request), ORDERS);
    var region = query.text("region").map(name -> offers.region(name, query.issues()));
    query.issues().throwIfAny();
    return addresses.list(page, region).map(PublicIpView::of);
  }

  @POST
  @Operation(summary = "Claim a public IP")
  @ErrorAnswer(
      status = 409,
      when =
          "No address is left, or the team has as many as it may; or the Idempotency-Key was used for another request.")
  @ErrorAnswer(status = 412, when = "The server has no static addresses to give.")
  public PublicIpView claim(
      @BodySchema(Claim.class) byte[] json, @Context ContainerRequestContext request) {
    return once.run(
        request,
        json,
        () -> {
          var body = ReadBody.of(json, Claim.class);
          String region = offers.regionUnlessEmpty(body.value().region(), body.issues());
          body.issues().throwIfAny();
          var pool = addresses.pool();
          return handle -> PublicIpView.of(addresses.claim(handle, team(request), region, pool));
        });
  }

  @PUT
  @Path("/{ip}")
  @Operation(
      summary = "Assign a public IP",
      description =
          "The machine has the address from when it is started next, or its guest renews its lease: within minutes where it had a static address before, within half an hour otherwise.")
  @ErrorAnswer(status = 404, when = "The team has no such address, or no such machine.")
  @ErrorAnswer(
      status = 409,
      when = "The machine is on an isolated private network only, or was adopted.")
  @ErrorAnswer(status = 412, when = "The configuration gives machines no public addresses.")
  public PublicIpView assign(
      @PathParam("ip") String ip,
      @BodySchema(Assign.class) byte[] json,
      @Context ContainerRequestContext request) {
    String machineId = ReadBody.checked(json, Assign.class).machineId();
    return PublicIpView.of(addresses.assign(team(request), ip, machineId));
  }

  @DELETE
  @Path("/{ip}")
  @Operation(summary = "Release a public IP")
  public Released release(@PathParam("ip") String ip, @Context ContainerRequestContext request) {
    return new Released(addresses.release(team(request), ip).ip().toString());
  }
}
