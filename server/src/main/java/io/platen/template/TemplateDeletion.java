package io.platen.template;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;

/**
 * How templates end, and snapshots, which are rows of the same table. What is deleted is in no list
 * and can't be launched, but can be undeleted; then it is purged, and nothing brings it back. Each
 * is a statement that changes a row only as long as it is in the state before, so that of an
 * undeletion and a purge that meet one comes first and the other changes nothing.
 *
 * <p>The index of a template is needed until it is purged. So what a collection finds unneeded
 * never becomes needed again, and an undeletion asks no collection.
 */
public final class TemplateDeletion {
  private static final String IS_DELETED = "dt_deleted IS NOT NULL AND dt_purged IS NULL";

  /**
   * What a node purges: of its own store, and of one that no node uses. Of another one it does not
   * know whether that tells of an undeletion which the database, an older one, has forgotten.
   */
  private static final String IS_OWN =
      "(store = :store OR NOT EXISTS (SELECT 1 FROM node n WHERE n.store = template.store))";

  private final Duration undeletable;

  /**
   * @param undeletable for how long what is deleted can be undeleted; zero: it is purged with the
   *     deletion
   */
  public TemplateDeletion(Duration undeletable) {
    this.undeletable = undeletable;
  }

  /** For how long what is deleted can be undeleted; zero for not at all. */
  public Duration undeletable() {
    return undeletable;
  }

  /**
   * Deletes a template or snapshot. Where its capture is not complete there is nothing to bring
   * back: it is purged at once.
   *
   * @return false where it is deleted already, or protected
   */
  public boolean delete(Handle handle, String id, Instant now) {
    return changed(
        handle,
        id,
        handle
            .createUpdate(
                """
                UPDATE template SET dt_deleted = :now, dt_purged = %s
                WHERE id = :id AND dt_deleted IS NULL AND is_protected = 0
                """
                    .formatted(purgedWithDeletion()))
            .bind("now", now.toEpochMilli()));
  }

  /** Deletes all snapshots of a machine. */
  public void deleteSnapshots(Handle handle, String machineId, Instant now) {
    List<String> deleted =
        handle
            .createQuery(
                """
                UPDATE template SET dt_deleted = :now, dt_purged = %s
                WHERE parent_machine_id = :machine AND is_snapshot = 1 AND dt_deleted IS NULL
                RETURNING id
                """
                    .formatted(purgedWithDeletion()))
            .bind("machine", machineId)
            .bind("now", now.toEpochMilli())
            .mapTo(String.class)
            .list();
    deleted.forEach(id -> ManifestChanges.changed(handle, id));
  }

  private String purgedWithDeletion() {
    return undeletable.isZero() ? ":now" : "CASE WHEN index_digest IS NULL THEN :now END";
  }

  /**
   * Deletes and purges in one.
   *
   * @return false where it is purged already, or protected
   */
  public boolean purge(Handle handle, String id, Instant now) {
    return changed(
        handle,
        id,
        handle
            .createUpdate(
                """
                UPDATE template SET dt_deleted = COALESCE(dt_deleted, :now), dt_purged = :now
                WHERE id = :id AND dt_purged IS NULL AND is_protected = 0
                """)
            .bind("now", now.toEpochMilli()));
  }

  /**
   * Protects a template that is not deleted from being deleted, or ends that.
   *
   * @return false where it is deleted, or its capture is not complete
   */
  boolean protect(Handle handle, String id, boolean isProtected) {
    return changed(
        handle,
        id,
        handle
            .createUpdate(
                """
                UPDATE template SET is_protected = :protected
                WHERE id = :id AND dt_deleted IS NULL AND index_digest IS NOT NULL
                """)
            .bind("protected", isProtected ? 1 : 0));
  }

  boolean isProtected(Handle handle, String id) {
    return handle
        .createQuery("SELECT EXISTS (SELECT 1 FROM template WHERE id = :id AND is_protected = 1)")
        .bind("id", id)
        .mapTo(Boolean.class)
        .one();
  }

  /** The ids of all that are protected. */
  Set<String> listProtected(Handle handle) {
    return handle
        .createQuery("SELECT id FROM template WHERE is_protected = 1 AND dt_deleted IS NULL")
        .mapTo(String.class)
        .set();
  }

  /**
   * Undoes a deletion.
   *
   * @return false where it is not deleted, or purged
   */
  public boolean undelete(Handle handle, String id) {
    return changed(
        handle,
        id,
        handle.createUpdate(
            "UPDATE template SET dt_deleted = NULL WHERE id = :id AND " + IS_DELETED));
  }

  /**
   * What has been deleted for longer than it can be undeleted, longest ago first.
   *
   * @param store that of this node, as rows of templates name it
   * @param limit at most so many
   * @return ids
   */
  public List<String> due(Handle handle, String store, Instant now, int limit) {
    return handle
        .createQuery(
            "SELECT id FROM template WHERE dt_deleted <= :before AND %s AND %s ORDER BY dt_deleted, id LIMIT :limit"
                .formatted(IS_DELETED, IS_OWN))
        .bind("store", store)
        .bind("before", now.minus(undeletable).toEpochMilli())
        .bind("limit", limit)
        .mapTo(String.class)
        .list();
  }

  /**
   * Purges those of these that are due still: one may have been undeleted, and even deleted once
   * more, since it was.
   *
   * @param due ids, as of {@link #due}
   * @return the ids of those
   */
  public List<String> purgeDue(Handle handle, List<String> due, Instant now) {
    var purged = new ArrayList<String>();
    for (var id : due) {
      boolean isPurged =
          changed(
              handle,
              id,
              handle
                  .createUpdate(
                      "UPDATE template SET dt_purged = :now WHERE id = :id AND dt_deleted <= :before AND "
                          + IS_DELETED)
                  .bind("now", now.toEpochMilli())
                  .bind("before", now.minus(undeletable).toEpochMilli()));
      if (isPurged) {
        purged.add(id);
      }
    }
    return purged;
  }

  /** What is deleted and not purged yet; empty where nothing is. */
  public static Optional<WaitingTemplates> waiting(Handle handle) {
    return handle
        .createQuery(
            "SELECT COUNT(*) AS count, MIN(dt_deleted) AS first, MAX(dt_deleted) AS last FROM template WHERE "
                + IS_DELETED)
        .map(
            (row, context) ->
                new WaitingTemplates(
                    row.getLong("count"),
                    Instant.ofEpochMilli(row.getLong("first")),
                    Instant.ofEpochMilli(row.getLong("last"))))
        .findOne()
        .filter(waiting -> waiting.count() > 0);
  }

  private static boolean changed(Handle handle, String id, Update update) {
    boolean isChanged = update.bind("id", id).execute() == 1;
    if (isChanged) {
      ManifestChanges.changed(handle, id);
    }
    return isChanged;
  }
}
