package io.platen.template;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.PublishedImage;
import io.platen.chunkstore.StoredChunks;
import io.platen.site.StoreIdentity;
import java.io.IOException;
import java.util.Optional;

/**
 * What a capture has to do with the store before it begins and before its template becomes
 * available: the image is in the store, then its manifest, and then the database says so.
 */
public final class Publication {
  private final StoredChunks store;
  private final IndexStore indexes;
  private final ManifestWriter manifests;
  private final StoreIdentity identity;

  public Publication(
      StoredChunks store, IndexStore indexes, ManifestWriter manifests, StoreIdentity identity) {
    this.store = store;
    this.indexes = indexes;
    this.manifests = manifests;
    this.identity = identity;
  }

  /**
   * Begins a capture.
   *
   * @return what an earlier attempt published, if it did
   * @throws io.platen.site.StoreNotOwn where nothing may be added to the store
   */
  public Optional<PublishedImage> begin(String templateId, Cancellation cancellation)
      throws IOException {
    identity.requireOwn();
    return PublishedImage.find(templateId, indexes, store, cancellation);
  }

  /**
   * Completes a capture whose index is published; see {@link ManifestWriter#captured}. To be called
   * before the transaction in which the template becomes available.
   */
  public void complete(String templateId, long diskBytes, String indexDigest, boolean isFresh)
      throws IOException {
    manifests.captured(templateId, diskBytes, indexDigest, isFresh);
  }
}
