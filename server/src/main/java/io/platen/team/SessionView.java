package io.platen.team;

import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** The team and the user behind a key. A key has no person here: the user stands for the key. */
@Schema(name = "Session")
public record SessionView(SessionTeam team, User user) {
  /** Clients compare the number of a team's machines with this. */
  private static final int NO_LIMIT = Integer.MAX_VALUE;

  /** The team that the key acts for. */
  @Schema(name = "SessionTeam")
  public record SessionTeam(
      String id,
      String namespace,
      boolean isPrivate,
      @Schema(description = "There is no limit: the largest number of 32 bits.") int maxMachines,
      int analyticsId) {}

  /** The key, as a user. */
  @Schema(name = "User")
  public record User(
      String id,
      @Schema(description = "No address that mail reaches.") String email,
      @Nullable String firstName,
      @Nullable String lastName,
      Instant dtCreated,
      @Nullable Instant dtConfirmed,
      List<Membership> teamMemberships,
      boolean isPhoneVerified,
      boolean isPasswordAuthEnabled,
      boolean isQrCodeBasedMfaEnabled,
      boolean isQrCodeBasedMfaConfirmed,
      int analyticsId,
      Metadata metadata) {}

  /** A team that a user belongs to; a key belongs to one. */
  @Schema(name = "TeamMembership")
  public record Membership(
      MemberTeam team,
      boolean isOwner,
      @Schema(description = "False for a key that may only read.") boolean isAdmin) {}

  /** A team, as one that a user belongs to. */
  @Schema(name = "MemberTeam")
  public record MemberTeam(
      String id, String name, String namespace, boolean isUserTeam, Instant dtCreated) {}

  /** What else is known of a user: nothing. */
  @Schema(name = "UserMetadata")
  public record Metadata() {}

  static SessionView of(TeamService.Membership membership) {
    var team = membership.team();
    var key = membership.key();
    return new SessionView(
        new SessionTeam(team.id(), team.name(), true, NO_LIMIT, number(team.id())),
        new User(
            key.id(),
            key.id() + "@platen.invalid",
            null,
            null,
            key.dtCreated(),
            key.dtCreated(),
            List.of(
                new Membership(
                    new MemberTeam(team.id(), team.name(), team.name(), false, team.dtCreated()),
                    !key.readOnly(),
                    !key.readOnly())),
            false,
            false,
            false,
            false,
            number(key.id()),
            new Metadata()));
  }

  /** A number that stays the same, for clients that count by it; nothing here does. */
  private static int number(String id) {
    return id.hashCode() & Integer.MAX_VALUE;
  }
}
