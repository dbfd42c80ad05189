package io.platen.team;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.platen.database.Database;
import io.platen.model.Caller;
import io.platen.model.Ids;
import io.platen.model.Issues;
import io.platen.model.ObjectName;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Makes teams when they are first named, and keys for them. */
public final class TeamService {
  public static final String DEFAULT_TEAM = "default";

  /** Bytes of randomness in a key: 192 bits. */
  private static final int KEY_BYTES = 24;

  /** A revoked key goes on working for this long at most. */
  private static final Duration REVOCATION_DELAY = Duration.ofSeconds(3);

  private static final long CACHED_KEYS = 10_000;

  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9_-]{1,128}");
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Database database;
  private final TeamRepository teams;
  private final InstantSource clock;

  /**
   * Who was found lately, by the hash of the key. Only good keys are kept, so that bad ones can't
   * push them out.
   */
  private final Cache<String, Caller> callers =
      Caffeine.newBuilder().maximumSize(CACHED_KEYS).expireAfterWrite(REVOCATION_DELAY).build();

  public TeamService(Database database, TeamRepository teams, InstantSource clock) {
    this.database = database;
    this.teams = teams;
    this.clock = clock;
  }

  /** A new key. Its secret is kept nowhere but here. */
  public record NewKey(ApiKey key, String secret) {}

  /** The team of this name, made if there is none. */
  public Team team(String name) {
    return database.transaction(handle -> team(handle, name));
  }

  private Team team(Handle handle, String name) {
    var issues = new Issues();
    String checked = ObjectName.check("team", name, issues);
    issues.throwIfAny();
    return teams
        .findTeam(handle, checked)
        .orElseGet(
            () -> {
              var team = new Team(Ids.team(), checked, clock.instant());
              teams.insertTeam(handle, team);
              return team;
            });
  }

  public NewKey createKey(String teamName, String keyName, boolean readOnly) {
    return database.transaction(handle -> createKey(handle, teamName, keyName, readOnly));
  }

  private NewKey createKey(Handle handle, String teamName, String keyName, boolean readOnly) {
    var team = team(handle, teamName);
    byte[] random = new byte[KEY_BYTES];
    RANDOM.nextBytes(random);
    String secret = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    var key =
        new ApiKey(Ids.key(), team.id(), team.name(), keyName, readOnly, clock.instant(), null);
    teams.insertKey(handle, key, hash(secret));
    return new NewKey(key, secret);
  }

  /** On an empty database: the default team and a key for it. Empty ever after. */
  public Optional<NewKey> createFirstKey() {
    return database.transaction(
        handle ->
            teams.hasTeams(handle)
                ? Optional.empty()
                : Optional.of(createKey(handle, DEFAULT_TEAM, "first key", false)));
  }

  public List<ApiKey> keys() {
    return database.read(teams::listKeys);
  }

  /** The team and the key behind a request. */
  public record Membership(Team team, ApiKey key) {}

  /** The team and the key of a caller. Neither is ever removed. */
  public Membership membership(Caller caller) {
    return database.read(
        handle ->
            new Membership(
                teams.findTeamById(handle, caller.teamId()).orElseThrow(),
                teams.findKey(handle, caller.keyId()).orElseThrow()));
  }

  /** False where there is no such key, or it is revoked already. */
  public boolean revokeKey(String id) {
    boolean revoked = database.transaction(handle -> teams.revokeKey(handle, id, clock.instant()));
    callers.invalidateAll();
    return revoked;
  }

  /** Who holds this secret; empty where it is none that was issued, or was revoked. */
  public Optional<Caller> authenticate(@Nullable String secret) {
    if (secret == null || !KEY.matcher(secret).matches()) {
      return Optional.empty();
    }
    String hash = hash(secret);
    var known = callers.getIfPresent(hash);
    if (known != null) {
      return Optional.of(known);
    }
    var found = database.query(queries -> teams.findCaller(queries, hash));
    found.ifPresent(caller -> callers.put(hash, caller));
    return found;
  }

  /** As {@link #authenticate}, of those who were found lately; never reads the database. */
  public Optional<Caller> lately(String secret) {
    return Optional.ofNullable(callers.getIfPresent(hash(secret)));
  }

  /** A plain hash is enough: the secret is random, so there is nothing to guess. */
  private static String hash(String secret) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(secret.getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }
}
