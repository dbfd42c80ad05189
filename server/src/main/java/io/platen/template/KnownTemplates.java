package io.platen.template;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

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

  /** Those of these ids whose template is not purged. */
  static List<String> unpurged(Handle handle, List<String> ids) {
    return ids.isEmpty()
        ? List.of()
        : handle
            .createQuery("SELECT id FROM template WHERE id IN (<ids>) AND dt_purged IS NULL")
            .bindList("ids", ids)
            .mapTo(String.class)
            .list();
  }

  /**
   * What a manifest is compared with.
   *
   * @param number of the last change
   * @param digest the SHA-256 of its index; null until its capture is done
   * @param isWaiting whether a change waits to be told
   */
  record Row(long number, @Nullable String digest, Manifest.State state, boolean isWaiting) {
    boolean isPublished() {
      return digest != null && state != Manifest.State.PURGED;
    }

    /** Whether a manifest tells of this row's index. */
    boolean isOf(Manifest manifest) {
      return digest != null && digest.equals(manifest.indexDigest());
    }

    /** Whether a manifest tells what only a newer database knew, or one that went another way. */
    boolean isOlderThan(Manifest manifest) {
      if (manifest.number() != number || digest == null) {
        return manifest.number() > number;
      }
      return manifest.state() != state || !digest.equals(manifest.indexDigest());
    }
  }

  /** Those of these ids that a template has or had, with what was to be told of them last. */
  static Map<String, Row> told(Handle handle, String store, List<String> ids) {
    var found = new HashMap<String, Row>();
    if (!ids.isEmpty()) {
      handle
          .createQuery(
              """
              SELECT t.id, t.manifest_number, t.index_digest, t.dt_deleted, t.dt_purged, c.number AS waiting
              FROM template t LEFT JOIN manifest_change c ON c.template_id = t.id AND c.store = :store
              WHERE t.id IN (<ids>)
              """)
          .bind("store", store)
          .bindList("ids", ids)
          .map((row, context) -> Map.entry(row.getString("id"), row(row)))
          .forEach(entry -> found.put(entry.getKey(), entry.getValue()));
    }
    return found;
  }

  private static Row row(ResultSet result) throws SQLException {
    var row = io.platen.database.Row.of(result);
    return new Row(
        row.number("manifest_number"),
        row.textOrNull("index_digest"),
        ManifestRows.state(row.timeOrNull("dt_deleted"), row.timeOrNull("dt_purged")),
        result.getObject("waiting") != null);
  }

  /** Whether the last change of a template has not a higher number than this one. */
  public static boolean isBehind(Handle handle, String id, long number) {
    return handle
        .createQuery(
            "SELECT EXISTS (SELECT 1 FROM template WHERE id = :id AND manifest_number <= :number)")
        .bind("id", id)
        .bind("number", number)
        .mapTo(Boolean.class)
        .one();
  }

  /** Whether there is a template in a store, or ever was one. */
  public static boolean hasAny(Handle handle, String store) {
    return handle
        .createQuery(
            """
            SELECT EXISTS (SELECT 1 FROM template WHERE store = :store)
              OR EXISTS (SELECT 1 FROM template_copy WHERE store = :store)
            """)
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
            SELECT COUNT(*) FROM template t
            WHERE t.dt_purged IS NULL AND t.index_digest IS NOT NULL AND %s
            """
                .formatted(TemplateRepository.IN_STORE))
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
            SELECT t.id FROM template t
            WHERE t.dt_purged IS NULL AND t.index_digest IS NOT NULL AND %s
            ORDER BY t.id LIMIT :limit
            """
                .formatted(TemplateRepository.IN_STORE))
        .bind("store", store)
        .bind("limit", limit)
        .mapTo(String.class)
        .list();
  }
}
