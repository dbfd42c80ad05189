package io.platen.network;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.platen.model.Issues;
import io.platen.model.Refusal;
import io.platen.paging.Cursors;
import io.platen.paging.Page;
import io.platen.rest.Callers;
import io.platen.rest.ErrorAnswer;
import io.platen.rest.IdempotentRequests;
import io.platen.rest.ListOrder;
import io.platen.rest.ListParams;
import io.platen.rest.QueryParams;
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
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Public addresses over HTTP: there are none to give, and the answers say so. */
@Path("/v1/public-ips")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Public IPs")
@SuppressWarnings("DoNotCallSuggester") // They are called, by HTTP.
public final class PublicIpResource {
  private final Cursors cursors;
  private final IdempotentRequests once;

  public PublicIpResource(Cursors cursors, IdempotentRequests once) {
    this.cursors = cursors;
    this.once = once;
  }

  @Schema(name = "PublicIp")
  public record PublicIpView(
      String ip,
      String region,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String assignedMachineId,
      Instant dtCreated) {}

  /** The answer to a release. */
  @Schema(name = "ReleasedPublicIp")
  public record Released(String ip) {}

  @GET
  @Operation(summary = "List public IPs")
  @ListOrder("dtCreated")
  public Page<PublicIpView> list(@Context UriInfo uri, @Context ContainerRequestContext request) {
    var query = new QueryParams(uri.getQueryParameters(), new Issues());
    var _ =
        ListParams.read(
            query, cursors, "public-ips", Callers.of(request).teamId(), List.of("dtCreated"));
    query.issues().throwIfAny();
    return new Page<>(false, List.of(), null);
  }

  @POST
  @Operation(summary = "Claim a public IP")
  @ErrorAnswer(status = 412, when = "Always: the server has no public addresses to give.")
  public PublicIpView claim(byte[] json, @Context ContainerRequestContext request) {
    return once.run(
        request,
        json,
        () -> {
          throw Refusal.unsupported(
              "This server has no public IP addresses to give; machines are reached by their private ones, or through what routes to your host.");
        });
  }

  @PUT
  @Path("/{ip}")
  @Operation(summary = "Assign a public IP")
  public PublicIpView assign(@PathParam("ip") String ip, @Context ContainerRequestContext request) {
    throw Refusal.notFound("public IP", ip);
  }

  @DELETE
  @Path("/{ip}")
  @Operation(summary = "Release a public IP")
  public Released release(@PathParam("ip") String ip, @Context ContainerRequestContext request) {
    throw Refusal.notFound("public IP", ip);
  }
}
