package io.platen.template;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.IndexMissing;
import io.platen.chunkstore.IndexStore;
import java.io.IOException;
import org.jdbi.v3.core.Handle;

/**
 * Copies of templates in a store that the database has forgotten: it is older than they are, or was
 * made again of another store. Without a row they would be removed by the next collection there.
 * Their chunks are not looked at: a verification does that, and a copy that lacks any counts no
 * more then.
 */
public final class ForgottenCopies {
  private final IndexStore indexes;
  private final String store;

  /**
   * @param store the store that the indexes are of, as rows of templates name it
   */
  public ForgottenCopies(IndexStore indexes, String store) {
    this.indexes = indexes;
    this.store = store;
  }

  /**
   * Has the database know a copy again, in the caller's transaction. The manifest proves nothing:
   * it is the index that has to be the one of the template's row.
   *
   * @return whether the manifest tells of one that was forgotten
   */
  public boolean find(Handle handle, Manifest manifest) throws IOException {
    String id = manifest.templateId();
    String digest = manifest.indexDigest();
    if (digest == null
        || manifest.isTombstone()
        || !isForgotten(handle, id, digest)
        || !isIndex(id, digest)) {
      return false;
    }
    var session = indexes.session(id);
    TemplateCopies.add(handle, id, store, session.orElse(0), manifest.dtCreated());
    return true;
  }

  /** A copy that is known to be lost has a row, and is not found again. */
  private boolean isForgotten(Handle handle, String id, String digest) {
    return handle
        .createQuery(
            """
            SELECT EXISTS (
              SELECT 1 FROM template t
              WHERE t.id = :id AND t.index_digest = :digest AND t.dt_purged IS NULL AND t.store <> :store
                AND NOT EXISTS (SELECT 1 FROM template_copy c WHERE c.template_id = t.id AND c.store = :store))
            """)
        .bind("id", id)
        .bind("digest", digest)
        .bind("store", store)
        .mapTo(Boolean.class)
        .one();
  }

  private boolean isIndex(String id, String digest) throws IOException {
    try (var index = indexes.open(id)) {
      return index.digest(new Cancellation()).equals(digest);
    } catch (IndexMissing | IndexCorrupt e) {
      return false;
    }
  }
}
