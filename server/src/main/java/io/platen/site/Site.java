package io.platen.site;

import io.platen.chunkstore.ChunkDirectory;
import io.platen.chunkstore.ChunkStore;
import io.platen.chunkstore.DocumentStore;
import io.platen.chunkstore.DumpStore;
import io.platen.chunkstore.FileChunkStore;
import io.platen.chunkstore.FileDocumentStore;
import io.platen.chunkstore.FileDumpStore;
import io.platen.chunkstore.FileIndexStore;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.StoredChunks;
import io.platen.config.ServerConfig;
import java.io.IOException;

/**
 * A store, and all that its regions have of their templates: chunks and indexes. Every region of
 * the catalog uses the one that is in the data directory. This is the only place that knows what a
 * store is made of.
 */
public final class Site {
  private final String place;
  private final StoredChunks chunks;
  private final IndexStore indexes;
  private final DocumentStore manifests;
  private final DocumentStore self;
  private final DumpStore dumps;
  private final Opening opening;

  /** Opens the chunks for adding. */
  @FunctionalInterface
  public interface Opening {
    ChunkStore open() throws IOException;
  }

  /**
   * @param place where all of it is, for messages
   * @param chunks to be read beside the process that adds to them
   * @param manifests those of the indexes
   * @param self where the store says what it is
   */
  public Site(
      String place,
      StoredChunks chunks,
      IndexStore indexes,
      DocumentStore manifests,
      DumpStore dumps,
      DocumentStore self,
      Opening opening) {
    this.place = place;
    this.chunks = chunks;
    this.indexes = indexes;
    this.manifests = manifests;
    this.dumps = dumps;
    this.self = self;
    this.opening = opening;
  }

  /** The store that the configuration names. Nothing is made, opened or looked at. */
  public static Site of(ServerConfig config) {
    var data = config.data();
    var indexes = new FileIndexStore(data.indexes());
    var manifests = new FileDocumentStore(data.manifests());
    return new Site(
        data.root().toString(),
        new ChunkDirectory(data.store()),
        indexes,
        manifests,
        new FileDumpStore(data.dumps()),
        new FileDocumentStore(data.root()),
        () -> {
          var store = FileChunkStore.open(data.store());
          try {
            // No other process writes now.
            indexes.removeLeftovers();
            manifests.removeLeftovers();
            return store;
          } catch (IOException e) {
            store.close();
            throw e;
          }
        });
  }

  /** Where the store is, for messages: a path or a URL. */
  public String place() {
    return place;
  }

  /** Its chunks, for reading alone, also while another process adds to them. */
  public StoredChunks chunks() {
    return chunks;
  }

  /** The indexes of its templates, each by the template's id. */
  public IndexStore indexes() {
    return indexes;
  }

  /** The manifests of its templates, each by the template's id. */
  public DocumentStore manifests() {
    return manifests;
  }

  /** What the store says of itself; see {@link StoreFile}. */
  DocumentStore self() {
    return self;
  }

  /** The dumps of the database that it belongs to. */
  public DumpStore dumps() {
    return dumps;
  }

  /**
   * Opens the store to add to it and to maintain it, making it where there is none. The caller
   * closes it.
   *
   * @throws io.platen.chunkstore.StoreInUse where another process has it, and it is for one
   */
  public ChunkStore open() throws IOException {
    return opening.open();
  }
}
