package io.platen.team;

import io.platen.rest.NullableAnswer;
import io.platen.rest.Public;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What clients ask about the account before they do anything else. */
@Path("/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Account")
public final class AccountResource {
  private final Authentication authentication;
  private final TeamService teams;

  public AccountResource(Authentication authentication, TeamService teams) {
    this.authentication = authentication;
    this.teams = teams;
  }

  @Schema(name = "AccountStanding")
  public record Standing(
      boolean isInGoodStanding,
      boolean hasPaymentMethod,
      boolean isAdminLocked,
      List<String> messages) {}

  @GET
  @Path("/auth/session")
  @Public
  @NullableAnswer
  @Operation(summary = "Get the session", description = "null where the key is missing or unknown.")
  @APIResponse(
      responseCode = "200",
      content = @Content(schema = @Schema(implementation = SessionView.class)))
  public Response session(@Context ContainerRequestContext request) {
    // An entity of null would make an answer without a body.
    Object session =
        authentication
            .find(request)
            .<Object>map(caller -> SessionView.of(teams.membership(caller)))
            .orElse("null");
    return Response.ok(session, MediaType.APPLICATION_JSON_TYPE).build();
  }

  @GET
  @Path("/billing/account-standing")
  @Operation(
      summary = "Get the account's standing",
      description = "Always good: nothing is billed.")
  public Standing standing() {
    return new Standing(true, true, false, List.of());
  }
}
