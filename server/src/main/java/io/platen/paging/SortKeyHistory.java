package io.platen.paging;

import io.platen.database.Database;
import java.time.Duration;
import java.time.Instant;
import org.jdbi.v3.core.Handle;

/** Records changes of sort keys, in the transaction that makes them. */
public final class SortKeyHistory {
  /** No walk over a list is expected to take longer than this. */
  static final Duration KEPT = Duration.ofHours(24);

  /** How many are removed in one transaction, so that others are not held up. */
  static final int BATCH = 1000;

  private SortKeyHistory() {}

  /**
   * Removes what only walks that began more than 24 hours ago would need.
   *
   * @return how many
   */
  public static int removeExpired(Database database, Instant now) {
    int removed = 0;
    int batch;
    do {
      batch = database.transaction(handle -> removeBatch(handle, now.minus(KEPT)));
      removed += batch;
    } while (batch == BATCH);
    return removed;
  }

  private static int removeBatch(Handle handle, Instant before) {
    return handle
        .createUpdate(
            """
            DELETE FROM list_move WHERE (team_id, list, version) IN (
              SELECT team_id, list, version FROM list_move WHERE dt_moved < :before
              ORDER BY dt_moved LIMIT :batch)
            """)
        .bind("before", before.toEpochMilli())
        .bind("batch", BATCH)
        .execute();
  }

  /**
   * Numbers the next change in a team. To be called before what will change is read: the update of
   * the team's row makes concurrent changes wait for each other, and puts them in the order in
   * which they are committed.
   */
  public static long begin(Handle handle, String teamId) {
    return handle
        .createQuery(
            "UPDATE team SET list_version = list_version + 1 WHERE id = :team RETURNING list_version")
        .bind("team", teamId)
        .mapTo(Long.class)
        .one();
  }

  /**
   * Keeps the key an object was sorted by so far.
   *
   * @param version from {@link #begin} in the same transaction
   * @param list the list and key that changed, such as {@code template.name}
   */
  public static void record(
      Handle handle,
      String teamId,
      long version,
      String list,
      String objectId,
      String oldKey,
      Instant now) {
    handle
        .createUpdate(
            """
            INSERT INTO list_move (team_id, list, version, object_id, old_key, dt_moved)
            VALUES (:team, :list, :version, :object, :key, :now)
            """)
        .bind("team", teamId)
        .bind("list", list)
        .bind("version", version)
        .bind("object", objectId)
        .bind("key", oldKey)
        .bind("now", now.toEpochMilli())
        .execute();
  }
}
