package io.platen.template;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.PublishedImage;
import io.platen.chunkstore.StoredChunks;
import io.platen.job.JobContext;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import java.io.IOException;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * What a capture has to do with the store before it begins and before its template becomes
 * available: the image is in the store, then its manifest, and then the database says so.
 */
public final class Publication {
  private final Site site;
  private final OpenSessions sessions;
  private final TemplateRepository templates;
  private final StoredChunks store;
  private final IndexStore indexes;
  private final ManifestWriter manifests;
  private final StoreIdentity identity;

  /**
   * Publishes what is captured into a store.
   *
   * @param store of the site, open for adding
   * @param sessions those of the images that are captured into it
   */
  public Publication(
      Site site,
      StoredChunks store,
      OpenSessions sessions,
      TemplateRepository templates,
      ManifestWriter manifests,
      StoreIdentity identity) {
    this.site = site;
    this.store = store;
    this.sessions = sessions;
    this.templates = templates;
    this.indexes = site.indexes();
    this.manifests = manifests;
    this.identity = identity;
  }

  /**
   * Begins a capture, whose sessions end with the attempt.
   *
   * @return what an earlier attempt published, if it did
   * @throws io.platen.site.StoreNotOwn where nothing may be added to the store
   */
  public Optional<PublishedImage> begin(
      String templateId, JobContext context, Cancellation cancellation) throws IOException {
    identity.requireOwn();
    context.onEnd(() -> sessions.end(templateId));
    return PublishedImage.find(templateId, indexes, store, cancellation);
  }

  /**
   * Completes a capture whose index is published; see {@link ManifestWriter#captured}. To be called
   * before the transaction in which the template becomes available.
   */
  public void complete(String templateId, long diskBytes, String indexDigest, boolean isFresh)
      throws IOException {
    manifests.captured(templateId, sessions.number(templateId), diskBytes, indexDigest, isFresh);
  }

  /**
   * Has everybody know of the template, in the transaction that ends its event.
   *
   * @throws io.platen.site.SessionLost where collections do not know any more that the image's
   *     chunks are needed
   */
  public void publish(Handle handle, String templateId, long diskBytes, String indexDigest) {
    long session = sessions.number(templateId);
    if (session != 0) {
      site.publish(handle, session);
    }
    templates.complete(handle, templateId, diskBytes, indexDigest, session);
  }
}
