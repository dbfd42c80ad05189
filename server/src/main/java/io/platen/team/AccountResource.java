package io.platen.team;

import io.platen.model.Caller;
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
import org.jspecify.annotations.Nullable;

/** What clients ask about the account before they do anything else. */
@Path("/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Account")
public final class AccountResource {
  private final Authentication authentication;

  public AccountResource(Authentication authentication) {
    this.authentication = authentication;
  }

  /** The team and the user behind a key. A key has no person here: the user stands for the key. */
  @Schema(name = "Session")
  public record Session(SessionTeam team, User user) {}

  @Schema(name = "SessionTeam")
  public record SessionTeam(
      String id,
      String namespace,
      String analyticsId,
      boolean isPrivate,
      @Nullable Integer maxMachines) {}

  @Schema(name = "User")
  public record User(
      String id,
      String email,
      String analyticsId,
      @Nullable String firstName,
      @Nullable String lastName) {}

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
      content = @Content(schema = @Schema(implementation = Session.class)))
  public Response session(@Context ContainerRequestContext request) {
    // An entity of null would make an answer without a body.
    Object session = authentication.find(request).<Object>map(AccountResource::of).orElse("null");
    return Response.ok(session, MediaType.APPLICATION_JSON_TYPE).build();
  }

  private static Session of(Caller caller) {
    return new Session(
        new SessionTeam(caller.teamId(), caller.teamName(), caller.teamId(), true, null),
        new User(caller.keyId(), caller.keyId() + "@platen.invalid", caller.keyId(), null, null));
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
