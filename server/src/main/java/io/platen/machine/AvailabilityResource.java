package io.platen.machine;

import io.platen.catalog.Catalog;
import io.platen.catalog.Offers;
import io.platen.model.Issues;
import io.platen.rest.QueryParams;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Where a machine type can be had, over HTTP. */
@Path("/v1/machine-availability")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Machines")
public final class AvailabilityResource {
  private final Offers offers;

  public AvailabilityResource(Catalog catalog) {
    offers = new Offers(catalog);
  }

  /** Whether the region offers the machine type. */
  @Schema(name = "Availability")
  public record Availability(boolean available) {}

  @GET
  @Operation(summary = "Get the availability of a machine type in a region")
  @Parameter(
      name = "machineType",
      in = ParameterIn.QUERY,
      required = true,
      schema = @Schema(type = SchemaType.STRING))
  @Parameter(
      name = "region",
      in = ParameterIn.QUERY,
      required = true,
      schema = @Schema(type = SchemaType.STRING))
  public Availability get(@Context UriInfo uri) {
    var issues = new Issues();
    var query = new QueryParams(uri.getQueryParameters(), issues);
    var type = required(query, "machineType").flatMap(label -> offers.machineType(label, issues));
    var region = required(query, "region").map(name -> offers.region(name, issues));
    issues.throwIfAny();
    return new Availability(type.orElseThrow().regions().contains(region.orElseThrow()));
  }

  private static Optional<String> required(QueryParams query, String name) {
    var value = query.text(name);
    if (value.isEmpty()) {
      query.issues().add(name, "is required");
    }
    return value;
  }
}
