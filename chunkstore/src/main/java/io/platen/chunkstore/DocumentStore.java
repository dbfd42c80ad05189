package io.platen.chunkstore;

import java.io.IOException;
import java.util.Optional;

/**
 * Small documents beside the chunks of a store, by their names: the manifests, one for each index,
 * and what the store says of itself. Their bytes are the server's own business. Everyone who knows
 * the store may read and write them; who writes which name is agreed upon elsewhere. Safe for use
 * by several threads at once, which must not be interrupted meanwhile.
 *
 * <p>Names are those of an {@link IndexStore}: see {@link IndexStore#requireName}.
 *
 * <p>Every method throws a {@link StoreUnavailable} where the store can't be asked; that is never
 * taken for "missing".
 */
public interface DocumentStore {
  /** No document is longer, in bytes: what claims to be was not written by a server. */
  int MAX_BYTES = 1 << 20;

  /**
   * Publishes a document: when this returns, it is there under its name, complete and durable; when
   * it throws, it may be there, complete, or not. One that is there already is replaced in one
   * step: who reads the name gets the one or the other as a whole. Of two that are published at
   * once, one stays.
   *
   * @throws IllegalArgumentException for what can't be a name, and for more than {@link #MAX_BYTES}
   * @throws StoreFull when there is no room
   */
  void publish(String name, byte[] bytes) throws IOException;

  /**
   * As {@link #publish(String, byte[])}, beside the index that a session made, before the processes
   * that share the store have agreed on it; see {@link IndexStore#begin(String, StoreSession)}.
   *
   * @param session its number, 0 for none
   */
  default void publish(String name, long session, byte[] bytes) throws IOException {
    publish(name, bytes);
  }

  /**
   * Reads a document; empty where there is none.
   *
   * @throws DocumentCorrupt where it is longer than {@link #MAX_BYTES}, or its medium does not give
   *     it back
   */
  Optional<byte[]> read(String name) throws IOException;

  /** Whether there is a document of this name. */
  boolean has(String name) throws IOException;

  /**
   * Lists the names of all documents, in no order. That is not one moment: a document that is there
   * during the whole call is listed, once; one that is published or removed meanwhile may be.
   */
  void list(IndexStore.Visitor visitor) throws IOException;

  /**
   * Removes a document; one that is not there is removed already. It may come back with the power
   * after a crash of the machine: who calls it asks again then.
   */
  void remove(String name) throws IOException;

  /** Where the documents are, for messages: a path or a URL, without anything secret. */
  String place();

  /** Where the document of this name is, or would be, for messages. */
  String place(String name);
}
