package io.platen.template;

import io.platen.chunkstore.DocumentStore;
import io.platen.chunkstore.IndexStore;
import java.io.IOException;
import java.util.Optional;

/** The manifests of a store, for reading: one beside each index, by the template's id. */
public final class Manifests {
  private final DocumentStore documents;

  public Manifests(DocumentStore documents) {
    this.documents = documents;
  }

  /**
   * The manifest of a template; empty where the store has none.
   *
   * @throws io.platen.chunkstore.DocumentCorrupt where what is there is no manifest of it
   * @throws io.platen.chunkstore.StoreUnavailable where the store can't be asked
   * @throws IOException where a newer version of Platen wrote it
   */
  public Optional<Manifest> read(String templateId) throws IOException {
    var bytes = documents.read(templateId);
    return bytes.isEmpty()
        ? Optional.empty()
        : Optional.of(ManifestJson.read(templateId, bytes.get(), documents.place(templateId)));
  }

  /** Whether there is a document under this name, whatever it says. */
  public boolean has(String templateId) throws IOException {
    return documents.has(templateId);
  }

  /** Lists the ids of all templates that have a manifest; see {@link DocumentStore#list}. */
  public void list(IndexStore.Visitor visitor) throws IOException {
    documents.list(visitor);
  }

  /** Where they are, for messages. */
  public String place() {
    return documents.place();
  }
}
