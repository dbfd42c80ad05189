package io.platen.s3store;

import io.platen.chunkstore.DocumentStore;
import io.platen.chunkstore.IndexStore;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The manifests in a bucket: each beside the index of its name, under the number of the session
 * that made that. A manifest that is written anew stays under it.
 */
final class S3ManifestStore implements DocumentStore {
  private final Attempts attempts;
  private final S3DocumentStore documents;

  S3ManifestStore(Bucket bucket, Ledger ledger) {
    this.attempts = Attempts.manifests(bucket, ledger);
    this.documents = new S3DocumentStore(bucket, Keys.MANIFESTS);
  }

  private static String document(String name, long session) {
    return IndexStore.requireName(name) + "." + session;
  }

  @Override
  public void publish(String name, byte[] bytes) throws IOException {
    publish(name, attempts.find(name).orElse(1), bytes);
  }

  @Override
  public void publish(String name, long session, byte[] bytes) throws IOException {
    if (session == 0) {
      publish(name, bytes);
    } else {
      documents.publish(document(name, session), bytes);
    }
  }

  @Override
  public Optional<byte[]> read(String name) throws IOException {
    OptionalLong session = attempts.find(name);
    return session.isEmpty()
        ? Optional.empty()
        : documents.read(document(name, session.getAsLong()));
  }

  @Override
  public boolean has(String name) throws IOException {
    OptionalLong session = attempts.find(name);
    return session.isPresent() && documents.has(document(name, session.getAsLong()));
  }

  @Override
  public void list(IndexStore.Visitor visitor) throws IOException {
    attempts.list(visitor);
  }

  @Override
  public void remove(String name) throws IOException {
    attempts.remove(name);
  }

  @Override
  public String place() {
    return attempts.place();
  }

  @Override
  public String place(String name) {
    return attempts.place(name);
  }
}
