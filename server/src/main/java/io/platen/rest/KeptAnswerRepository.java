package io.platen.rest;

import io.platen.model.Refusal;
import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Answers in the database. */
public final class KeptAnswerRepository {
  /** A row of the table. */
  private record Stored(String fingerprint, KeptAnswer answer) {}

  /**
   * The answer that was given to this request.
   *
   * @param expired answers of this time and before do not count
   * @throws ApiException CONFLICT where the key was used for another request
   */
  Optional<KeptAnswer> find(Handle handle, RequestIdentity identity, Instant expired) {
    return handle
        .createQuery(
            """
            SELECT fingerprint, status, body FROM idempotent_request
            WHERE team_id = :team AND request_key = :key AND dt_created > :expired
            """)
        .bind("team", identity.teamId())
        .bind("key", identity.key())
        .bind("expired", expired.toEpochMilli())
        .map(
            (row, context) ->
                new Stored(
                    row.getString("fingerprint"),
                    new KeptAnswer(row.getInt("status"), row.getString("body"))))
        .findOne()
        .map(stored -> answer(stored, identity));
  }

  private static KeptAnswer answer(Stored stored, RequestIdentity identity) {
    if (!stored.fingerprint().equals(identity.fingerprint())) {
      throw Refusal.conflict(
          "The Idempotency-Key \"%s\" was used for another request within the last 24 hours; take a new key for a new request."
              .formatted(identity.key()));
    }
    return stored.answer();
  }

  /**
   * Takes the key for the caller's transaction. Another transaction that has taken it and is under
   * way is waited for.
   *
   * @return false where the key is taken; {@link #find} returns by what
   */
  boolean claim(Handle handle, RequestIdentity identity, Instant now, Instant expired) {
    handle
        .createUpdate(
            "DELETE FROM idempotent_request WHERE team_id = :team AND request_key = :key AND dt_created <= :expired")
        .bind("team", identity.teamId())
        .bind("key", identity.key())
        .bind("expired", expired.toEpochMilli())
        .execute();
    return handle
            .createUpdate(
                """
                INSERT INTO idempotent_request (team_id, request_key, fingerprint, status, body, dt_created)
                VALUES (:team, :key, :fingerprint, 0, '', :now)
                ON CONFLICT (team_id, request_key) DO NOTHING
                """)
            .bind("team", identity.teamId())
            .bind("key", identity.key())
            .bind("fingerprint", identity.fingerprint())
            .bind("now", now.toEpochMilli())
            .execute()
        == 1;
  }

  /** Writes the answer, in the transaction that took the key. */
  void store(Handle handle, RequestIdentity identity, KeptAnswer answer) {
    handle
        .createUpdate(
            "UPDATE idempotent_request SET status = :status, body = :body WHERE team_id = :team AND request_key = :key")
        .bind("team", identity.teamId())
        .bind("key", identity.key())
        .bind("status", answer.status())
        .bind("body", answer.body())
        .execute();
  }

  /** Removes some of the answers of this time and before, the oldest first. */
  int removeExpired(Handle handle, Instant expired, int limit) {
    return handle
        .createUpdate(
            """
            DELETE FROM idempotent_request WHERE (team_id, request_key) IN (
              SELECT team_id, request_key FROM idempotent_request
              WHERE dt_created <= :expired ORDER BY dt_created LIMIT :limit)
            """)
        .bind("expired", expired.toEpochMilli())
        .bind("limit", limit)
        .execute();
  }
}
