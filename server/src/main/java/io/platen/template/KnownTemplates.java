package io.platen.template;

import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * What a database knows of templates, deleted ones included: their rows stay for good, and are
 * written before anything of a template is stored.
 */
public final class KnownTemplates {
  private KnownTemplates() {}

  /** Those of these ids that a template has or had: the rows of deleted templates stay. */
  public static List<String> ids(Handle handle, List<String> ids) {
    return ids.isEmpty()
        ? List.of()
        : handle
            .createQuery("SELECT id FROM template WHERE id IN (<ids>)")
            .bindList("ids", ids)
            .mapTo(String.class)
            .list();
  }

  /** Whether there is a template in a store, or ever was one. */
  public static boolean hasAny(Handle handle, String store) {
    return handle
        .createQuery("SELECT EXISTS (SELECT 1 FROM template WHERE store = :store)")
        .bind("store", store)
        .mapTo(Boolean.class)
        .one();
  }

  /** Whether a template's index has, or had, this SHA-256, in hexadecimal. */
  public static boolean hasDigest(Handle handle, String digest) {
    return handle
        .createQuery("SELECT EXISTS (SELECT 1 FROM template WHERE index_digest = :digest)")
        .bind("digest", digest)
        .mapTo(Boolean.class)
        .one();
  }

  /** How many templates of a store are complete and not purged. */
  public static long countPublished(Handle handle, String store) {
    return handle
        .createQuery(
            """
            SELECT COUNT(*) FROM template
            WHERE dt_purged IS NULL AND index_digest IS NOT NULL AND store = :store
            """)
        .bind("store", store)
        .mapTo(Long.class)
        .one();
  }

  /**
   * Ids of templates of a store that are complete and not purged, in their order.
   *
   * @param limit at most so many
   */
  public static List<String> published(Handle handle, String store, int limit) {
    return handle
        .createQuery(
            """
            SELECT id FROM template
            WHERE dt_purged IS NULL AND index_digest IS NOT NULL AND store = :store
            ORDER BY id LIMIT :limit
            """)
        .bind("store", store)
        .bind("limit", limit)
        .mapTo(String.class)
        .list();
  }
}
