package io.platen.template;

import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * The outbox of the manifests: which templates have changed since the store was told. Rows are
 * written in the transaction of the change itself, so that neither is there without the other; what
 * is written to the store afterwards carries the number of the change, so that no order of writing
 * puts an older manifest over a newer one.
 */
public final class ManifestChanges {
  /** A template whose manifest is behind, and the number of the change that it has to reach. */
  record Change(String templateId, long number) {}

  private ManifestChanges() {}

  /**
   * Notes that what the manifest of a template tells has changed: its name, state, deletion,
   * protection, or what is stored of it. To be called in every transaction that changes that, after
   * the change: the number is counted in the template's row, which the transaction has locked.
   *
   * @param templateId of a custom template, an OS template or a snapshot; one that has no row is
   *     ignored
   */
  public static void changed(Handle handle, String templateId) {
    handle
        .createUpdate(
            "UPDATE template SET manifest_number = manifest_number + 1 WHERE id = :template")
        .bind("template", templateId)
        .execute();
    handle
        .createUpdate(
            """
            INSERT INTO manifest_change (store, template_id, number)
            SELECT s.store, t.id, t.manifest_number
            FROM template t JOIN template_in_store s ON s.template_id = t.id WHERE t.id = :template
            ON CONFLICT (store, template_id) DO UPDATE SET number = excluded.number
            """)
        .bind("template", templateId)
        .execute();
  }

  /**
   * Notes a change that comes after what a manifest tells: one that was written by a newer database
   * than this, or for an earlier template of this id.
   *
   * @param number that of the manifest
   */
  public static void outrank(Handle handle, String templateId, long number) {
    handle
        .createUpdate(
            """
            UPDATE template SET manifest_number = :number
            WHERE id = :template AND manifest_number < :number
            """)
        .bind("template", templateId)
        .bind("number", number)
        .execute();
    changed(handle, templateId);
  }

  /**
   * Templates of a store whose manifest is behind, in the order of their ids.
   *
   * @param after only those whose ids are greater
   * @param limit at most so many
   */
  static List<Change> after(Handle handle, String store, String after, int limit) {
    return handle
        .createQuery(
            """
            SELECT template_id, number FROM manifest_change
            WHERE store = :store AND template_id > :after
            ORDER BY template_id LIMIT :limit
            """)
        .bind("store", store)
        .bind("after", after)
        .bind("limit", limit)
        .map((row, context) -> new Change(row.getString("template_id"), row.getLong("number")))
        .list();
  }

  /** How many manifests are behind, in all stores. */
  public static long count(Handle handle) {
    return handle.createQuery("SELECT COUNT(*) FROM manifest_change").mapTo(Long.class).one();
  }

  /** Notes that a store has been told of a change; later ones stay. */
  static void told(Handle handle, String store, Change change) {
    handle
        .createUpdate(
            "DELETE FROM manifest_change WHERE store = :store AND template_id = :template AND number <= :number")
        .bind("store", store)
        .bind("template", change.templateId())
        .bind("number", change.number())
        .execute();
  }
}
