package io.platen.rest;

import io.platen.model.Refusal;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** Something that the Paperspace API has and Platen has not, at a path with its name in it. */
@SuppressWarnings("DoNotCallSuggester") // They are called, by HTTP.
abstract class NotOffered {
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

  /** The path of the resource, as messages name it. */
  abstract String path(String resource);

  private Refusal refusal(String resource) {
    return Refusal.notFound(
        "Platen does not offer %s; what it offers is in /v1/openapi.json."
            .formatted(path(resource)));
  }
}
