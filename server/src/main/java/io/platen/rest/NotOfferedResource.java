package io.platen.rest;

import io.platen.model.Refusal;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;

/**
 * What the Paperspace API has and Platen has not: clients that ask for it are told so, instead of
 * that there is nothing at the path.
 */
@Path(
    "/v1/{resource:container-registries|datasets|deployments|models|notebooks|projects|secrets|shared-drives|storage-providers|teams|users|workflows}{more:(/.*)?}")
@Produces(MediaType.APPLICATION_JSON)
@SuppressWarnings("DoNotCallSuggester") // They are called, by HTTP.
public final class NotOfferedResource {
  @GET
  @Operation(hidden = true)
  public Response get(@PathParam("resource") String resource) {
    throw refusal(resource);
  }

  @POST
  @Operation(hidden = true)
  public Response post(@PathParam("resource") String resource) {
    throw refusal(resource);
  }

  @PUT
  @Operation(hidden = true)
  public Response put(@PathParam("resource") String resource) {
    throw refusal(resource);
  }

  @PATCH
  @Operation(hidden = true)
  public Response patch(@PathParam("resource") String resource) {
    throw refusal(resource);
  }

  @DELETE
  @Operation(hidden = true)
  public Response delete(@PathParam("resource") String resource) {
    throw refusal(resource);
  }

  private static Refusal refusal(String resource) {
    return Refusal.notFound(
        "Platen does not offer /%s; what it offers is in /v1/openapi.json.".formatted(resource));
  }
}
