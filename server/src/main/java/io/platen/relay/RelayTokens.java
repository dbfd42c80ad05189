package io.platen.relay;

import io.platen.database.Database;
import io.platen.model.Caller;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Tokens by which one node asks another for a client: each is good for one request at one node,
 * once, and for half a minute. The database has their hashes alone.
 */
public final class RelayTokens {
  /** What carries one. */
  public static final String HEADER = "Platen-Relay";

  /** By the database's clock. */
  private static final Duration GOOD_FOR = Duration.ofSeconds(30);

  /** Bytes of randomness: 192 bits. */
  private static final int BYTES = 24;

  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_-]{32}");
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Database database;
  private final String now;

  public RelayTokens(Database database) {
    this.database = database;
    now = database.dialect().now();
  }

  /** Whether there are any: a database of one node has none. */
  public boolean areUsed() {
    return !database.node().isEmpty();
  }

  /**
   * Makes one. Those that nobody used in time go at this occasion.
   *
   * @param node the one that is to take it
   * @param caller whom the request is for
   * @param request its method, a space, and its path and query as they are sent
   */
  String issue(String node, Caller caller, String request) {
    byte[] random = new byte[BYTES];
    RANDOM.nextBytes(random);
    String token = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    database.change(
        handle -> {
          handle.execute("DELETE FROM relay_token WHERE dt_expires < " + now);
          handle
              .createUpdate(
                  """
                  INSERT INTO relay_token (hash, node, team_id, key_id, request, dt_expires)
                  VALUES (:hash, :node, :team, :key, :request, %s + :good)
                  """
                      .formatted(now))
              .bind("hash", hash(token))
              .bind("node", node)
              .bind("team", caller.teamId())
              .bind("key", caller.keyId())
              .bind("request", request)
              .bind("good", GOOD_FOR.toMillis())
              .execute();
        });
    return token;
  }

  /**
   * Uses one up; answers whom it is for, who may read only. Empty where it is none of this node's,
   * is too old, was used before, or is for another request.
   */
  public Optional<Caller> take(String token, String request) {
    if (!TOKEN.matcher(token).matches()) {
      return Optional.empty();
    }
    String hash = hash(token);
    return database.transaction(
        handle -> {
          var caller =
              handle
                  .createQuery(
                      """
                      SELECT r.key_id, r.team_id, t.name FROM relay_token r JOIN team t ON t.id = r.team_id
                      WHERE r.hash = :hash AND r.node = :node AND r.request = :request AND r.dt_expires >= %s
                      """
                          .formatted(now))
                  .bind("hash", hash)
                  .bind("node", database.node())
                  .bind("request", request)
                  .map(
                      (row, context) ->
                          new Caller(
                              row.getString("key_id"),
                              row.getString("team_id"),
                              row.getString("name"),
                              true))
                  .findOne();
          // Of two who have the same token, one removes the row.
          return caller.filter(
              _ -> handle.execute("DELETE FROM relay_token WHERE hash = ?", hash) == 1);
        });
  }

  /** A plain hash is enough: the token is random, so there is nothing to guess. */
  private static String hash(String token) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(token.getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }
}
