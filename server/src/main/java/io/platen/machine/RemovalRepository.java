package io.platen.machine;

import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Deleted machines in the database: which of them are removed, and which are not yet. */
public final class RemovalRepository {
  /** How many ids one query names. */
  static final int BATCH = 500;

  /**
   * A deleted machine that is not removed.
   *
   * @param baseTemplate what it was launched from; null for an adopted one, of which nothing is
   *     here
   */
  record Pending(String id, @Nullable String baseTemplate) {}

  /** What the database knows of a machine. */
  enum Known {
    /** It is a machine, and not deleted. */
    PRESENT,
    DELETED,
    REMOVED
  }

  /**
   * Deleted machines of a node that are not removed and that no job is about to remove, in the
   * order of their ids.
   *
   * @param after only those whose ids are greater; at most {@link #BATCH}
   */
  List<Pending> pending(Handle handle, String node, String after) {
    return handle
        .createQuery(
            """
            SELECT id, base_template_id FROM machine m
            WHERE dt_deleted IS NOT NULL AND dt_removed IS NULL AND node = :node AND id > :after AND NOT EXISTS (
              SELECT 1 FROM event e WHERE e.machine_id = m.id AND e.dt_finished IS NULL)
            ORDER BY id LIMIT :limit
            """)
        .bind("node", node)
        .bind("after", after)
        .bind("limit", BATCH)
        .map((row, context) -> new Pending(row.getString("id"), row.getString("base_template_id")))
        .list();
  }

  /** Whether a machine is recorded as deleted. */
  boolean isDeleted(Handle handle, String id) {
    return find(handle, id).map(known -> known != Known.PRESENT).orElse(false);
  }

  /** When a machine was deleted; empty where it is not recorded as deleted. */
  Optional<Instant> deleted(Handle handle, String id) {
    return handle
        .createQuery("SELECT dt_deleted FROM machine WHERE id = :id AND dt_deleted IS NOT NULL")
        .bind("id", id)
        .map((row, context) -> Instant.ofEpochMilli(row.getLong("dt_deleted")))
        .findOne();
  }

  /** What is known of a machine; empty where nothing is. */
  Optional<Known> find(Handle handle, String id) {
    return handle
        .createQuery("SELECT dt_deleted, dt_removed FROM machine WHERE id = :id")
        .bind("id", id)
        .map(
            (row, context) -> {
              row.getLong("dt_deleted");
              boolean deleted = !row.wasNull();
              row.getLong("dt_removed");
              boolean removed = !row.wasNull();
              return removed ? Known.REMOVED : deleted ? Known.DELETED : Known.PRESENT;
            })
        .findOne();
  }

  /** Notes that nothing is left of deleted machines. */
  void removed(Handle handle, Collection<String> ids, Instant now) {
    if (ids.isEmpty()) {
      return;
    }
    handle
        .createUpdate(
            """
            UPDATE machine SET dt_removed = :now
            WHERE id IN (<ids>) AND dt_deleted IS NOT NULL AND dt_removed IS NULL
            """)
        .bind("now", now.toEpochMilli())
        .bindList("ids", ids)
        .execute();
  }

  /** Those of these machines that are removed. */
  Set<String> removed(Handle handle, Collection<String> ids) {
    return which(handle, ids, " AND dt_removed IS NOT NULL");
  }

  /** Those of these machines that the database knows, deleted or not. */
  Set<String> known(Handle handle, Collection<String> ids) {
    return which(handle, ids, "");
  }

  private static Set<String> which(Handle handle, Collection<String> ids, String condition) {
    var found = new HashSet<String>();
    var all = List.copyOf(ids);
    for (int from = 0; from < all.size(); from += BATCH) {
      handle
          .createQuery("SELECT id FROM machine WHERE id IN (<ids>)" + condition)
          .bindList("ids", all.subList(from, Math.min(all.size(), from + BATCH)))
          .mapTo(String.class)
          .forEach(found::add);
    }
    return found;
  }

  /** Those of these machines that another node has by now. */
  Set<String> elsewhere(Handle handle, Collection<String> ids, String node) {
    return node.isEmpty() || ids.isEmpty()
        ? Set.of()
        : Set.copyOf(
            handle
                .createQuery("SELECT id FROM machine WHERE id = ANY (:ids) AND node <> :node")
                .bind("ids", ids.toArray(String[]::new))
                .bind("node", node)
                .mapTo(String.class)
                .list());
  }

  /** Has a deleted machine be one again; its static address may be another's by now. */
  void undelete(Handle handle, String id, MachineState state, Instant now) {
    handle
        .createUpdate(
            """
            UPDATE machine SET dt_deleted = NULL, dt_removed = NULL, static_ip = NULL, state = :state, dt_modified = :now
            WHERE id = :id
            """)
        .bind("id", id)
        .bind("state", state.label())
        .bind("now", now.toEpochMilli())
        .execute();
  }
}
