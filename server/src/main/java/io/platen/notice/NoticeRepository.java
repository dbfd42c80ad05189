package io.platen.notice;

import io.platen.database.Timestamps;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The outbox in the database, and what is amiss. */
final class NoticeRepository {
  private static Notice map(ResultSet row) throws SQLException {
    return new Notice(
        row.getString("id"),
        row.getString("kind"),
        row.getString("body"),
        row.getInt("attempts"),
        row.getString("failure"),
        Objects.requireNonNull(Timestamps.orNull(row, "dt_created")));
  }

  void insert(Handle handle, Notice notice) {
    handle
        .createUpdate(
            """
            INSERT INTO notice (id, kind, body, dt_created, dt_due)
            VALUES (:id, :kind, :body, :created, :created)
            """)
        .bind("id", notice.id())
        .bind("kind", notice.kind())
        .bind("body", notice.body())
        .bind("created", notice.dtCreated().toEpochMilli())
        .execute();
  }

  /** What a notice is read of, whatever columns a later version adds. */
  private static final String COLUMNS =
      """
      id, kind, body, attempts, failure, dt_created""";

  /** How many wait to be delivered. */
  long waiting(Handle handle) {
    return handle
        .createQuery("SELECT COUNT(*) FROM notice WHERE dt_due IS NOT NULL")
        .mapTo(Long.class)
        .one();
  }

  /** Whether one is due. */
  boolean isDue(Handle handle, Instant now) {
    return handle
        .createQuery("SELECT EXISTS (SELECT 1 FROM notice WHERE dt_due <= :now)")
        .bind("now", now.toEpochMilli())
        .mapTo(Boolean.class)
        .one();
  }

  /** The one that has waited for longest, of those that are due. */
  private Optional<Notice> due(Handle handle, Instant now) {
    return handle
        .createQuery(
            "SELECT " + COLUMNS + " FROM notice WHERE dt_due <= :now ORDER BY dt_due, id LIMIT 1")
        .bind("now", now.toEpochMilli())
        .map((row, context) -> map(row))
        .findOne();
  }

  /**
   * Takes the one that has waited for longest, of those that are due, so that it is due for nobody
   * else meanwhile.
   *
   * @param until when it is due again, should this process end before it is settled
   */
  Optional<Notice> claim(Handle handle, Instant now, Instant until) {
    while (true) {
      var due = due(handle, now);
      if (due.isEmpty()) {
        return due;
      }
      int claimed =
          handle
              .createUpdate("UPDATE notice SET dt_due = :until WHERE id = :id AND dt_due <= :now")
              .bind("id", due.get().id())
              .bind("now", now.toEpochMilli())
              .bind("until", until.toEpochMilli())
              .execute();
      if (claimed == 1) {
        return due;
      }
      // Another node was faster, which can be seen by now.
    }
  }

  void delivered(Handle handle, String id) {
    handle.createUpdate("DELETE FROM notice WHERE id = :id").bind("id", id).execute();
  }

  void putOff(Handle handle, String id, String failure, Instant until) {
    handle
        .createUpdate(
            """
            UPDATE notice SET attempts = attempts + 1, failure = :failure, dt_due = :until
            WHERE id = :id AND dt_due IS NOT NULL
            """)
        .bind("id", id)
        .bind("failure", failure)
        .bind("until", until.toEpochMilli())
        .execute();
  }

  void giveUp(Handle handle, String id, String failure, Instant now) {
    handle
        .createUpdate(
            """
            UPDATE notice SET attempts = attempts + 1, failure = :failure, dt_due = NULL,
              dt_given_up = :now
            WHERE id = :id AND dt_due IS NOT NULL
            """)
        .bind("id", id)
        .bind("failure", failure)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  /** Gives up the oldest that wait, so that as many wait as may. */
  void giveUpOldest(Handle handle, int most, String failure, Instant now) {
    handle
        .createUpdate(
            """
            UPDATE notice SET failure = :failure, dt_due = NULL, dt_given_up = :now
            WHERE id IN (
              SELECT id FROM notice WHERE dt_due IS NOT NULL
              ORDER BY dt_created DESC, id DESC LIMIT :all OFFSET :most)
            """)
        .bind("failure", failure)
        .bind("now", now.toEpochMilli())
        .bind("all", Integer.MAX_VALUE)
        .bind("most", most)
        .execute();
  }

  /** Forgets what was given up before a time, and the oldest beyond a number. */
  void forgetGivenUp(Handle handle, Instant before, int most) {
    handle
        .createUpdate(
            """
            DELETE FROM notice WHERE dt_given_up < :before OR id IN (
              SELECT id FROM notice WHERE dt_given_up IS NOT NULL
              ORDER BY dt_given_up DESC, id LIMIT :all OFFSET :most)
            """)
        .bind("before", before.toEpochMilli())
        .bind("all", Integer.MAX_VALUE)
        .bind("most", most)
        .execute();
  }

  /** Forgets all of it: nobody is to be told any more. */
  void clear(Handle handle) {
    handle.execute("DELETE FROM notice");
    handle.execute("DELETE FROM alarm");
  }

  /**
   * How the outbox stands.
   *
   * @param since what was given up before counts no more
   */
  OutboxState state(Handle handle, Instant since) {
    return handle
        .createQuery(
            """
            SELECT SUM(CASE WHEN dt_due IS NOT NULL THEN 1 ELSE 0 END) AS waiting,
              SUM(CASE WHEN dt_due IS NOT NULL AND attempts > 0 THEN 1 ELSE 0 END) AS failing,
              MIN(CASE WHEN dt_due IS NOT NULL AND attempts > 0 THEN dt_created END) AS oldest,
              (SELECT failure FROM notice WHERE dt_due IS NOT NULL AND attempts > 0
                ORDER BY attempts DESC, id LIMIT 1) AS failure,
              SUM(CASE WHEN dt_given_up >= :since THEN 1 ELSE 0 END) AS given_up,
              MAX(dt_given_up) AS last_given_up
            FROM notice
            """)
        .bind("since", since.toEpochMilli())
        .map((row, context) -> state(row))
        .one();
  }

  private static OutboxState state(ResultSet row) throws SQLException {
    return new OutboxState(
        row.getLong("waiting"),
        row.getLong("failing"),
        Timestamps.orNull(row, "oldest"),
        row.getString("failure"),
        row.getLong("given_up"),
        Timestamps.orNull(row, "last_given_up"));
  }

  /** Notes that something is amiss at a node. False where that is known already. */
  boolean raise(Handle handle, NoticeKind kind, String node, Instant now) {
    return handle
            .createUpdate(
                """
                INSERT INTO alarm (kind, node, dt_raised) VALUES (:kind, :node, :now)
                ON CONFLICT (kind, node) DO NOTHING
                """)
            .bind("kind", kind.label())
            .bind("node", node)
            .bind("now", now.toEpochMilli())
            .execute()
        == 1;
  }

  void clear(Handle handle, NoticeKind kind, String node) {
    handle
        .createUpdate("DELETE FROM alarm WHERE kind = :kind AND node = :node")
        .bind("kind", kind.label())
        .bind("node", node)
        .execute();
  }

  boolean isRaised(Handle handle, NoticeKind kind, String node) {
    return handle
        .createQuery("SELECT EXISTS (SELECT 1 FROM alarm WHERE kind = :kind AND node = :node)")
        .bind("kind", kind.label())
        .bind("node", node)
        .mapTo(Boolean.class)
        .one();
  }

  /** What people call a team, machine or template; null where there is none. */
  static @Nullable String name(Handle handle, String table, @Nullable String id) {
    return id == null
        ? null
        : handle
            .createQuery("SELECT name FROM " + table + " WHERE id = :id")
            .bind("id", id)
            .mapTo(String.class)
            .findOne()
            .orElse(null);
  }
}
