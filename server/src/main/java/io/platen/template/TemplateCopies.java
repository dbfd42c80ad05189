package io.platen.template;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Which stores have a template: the one it was captured into, and those that have a copy. */
final class TemplateCopies {
  private TemplateCopies() {}

  /** The stores that have, or are to have, a template; the one it was captured into first. */
  static List<String> stores(Handle handle, String templateId) {
    return handle
        .createQuery(
            """
            SELECT store FROM (
              SELECT store, 0 AS place FROM template WHERE id = :id
              UNION ALL SELECT store, 1 AS place FROM template_copy WHERE template_id = :id) AS held
            ORDER BY place, store
            """)
        .bind("id", templateId)
        .mapTo(String.class)
        .list();
  }

  /**
   * Writes that a store has a template, complete; its manifest there is told of all changes from
   * then on, and of those since it was written.
   *
   * @param session which made the index there; 0 where the store has no numbers
   */
  static void add(Handle handle, String templateId, String store, long session, Instant now) {
    handle
        .createUpdate(
            """
            INSERT INTO template_copy (template_id, store, index_session, dt_copied)
            VALUES (:template, :store, NULLIF(:session, 0), :now)
            ON CONFLICT (template_id, store) DO UPDATE
            SET index_session = excluded.index_session, dt_copied = excluded.dt_copied
            """)
        .bind("template", templateId)
        .bind("store", store)
        .bind("session", session)
        .bind("now", now.toEpochMilli())
        .execute();
    handle
        .createUpdate(
            """
            INSERT INTO manifest_change (store, template_id, number)
            SELECT :store, id, manifest_number FROM template WHERE id = :template
            ON CONFLICT (store, template_id) DO UPDATE SET number = excluded.number
            """)
        .bind("store", store)
        .bind("template", templateId)
        .execute();
  }

  /**
   * A node that is at work and uses a store, this one if it does; empty where there is none.
   *
   * @param isAlive the condition that a node gives signs of life
   */
  static Optional<String> nodeWith(Handle handle, String store, String here, String isAlive) {
    return handle
        .createQuery(
            """
            SELECT name FROM node WHERE store = :store AND %s
            ORDER BY CASE WHEN name = :here THEN 0 ELSE 1 END, is_draining, machines, name LIMIT 1
            """
                .formatted(isAlive))
        .bind("store", store)
        .bind("here", here)
        .mapTo(String.class)
        .findOne();
  }
}
