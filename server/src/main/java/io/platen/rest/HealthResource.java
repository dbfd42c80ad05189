package io.platen.rest;

import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Whether the server answers: at once, however busy the threads that work are. */
@Path("/v1/health")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Server")
public final class HealthResource {
  @GET
  @Public
  @NonBlocking
  @Operation(summary = "Check that the server answers")
  @APIResponse(
      responseCode = "200",
      description = "OK",
      content = @Content(schema = @Schema(type = SchemaType.STRING, enumeration = "HEALTHY")))
  public String health() {
    return "\"HEALTHY\"";
  }
}
