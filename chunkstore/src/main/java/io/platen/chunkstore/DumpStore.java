package io.platen.chunkstore;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * The dumps of a database that a store keeps, by their names: what the store's chunks and indexes
 * are worth little without. There are few of them. Safe for use by several threads and processes at
 * once.
 *
 * <p>Names are as those of indexes, see {@link IndexStore#requireName}. Every method throws a
 * {@link StoreUnavailable} where the store can't be asked; that is never taken for "missing".
 */
public interface DumpStore {
  /**
   * Begins a dump: a file of this host to write it to. Nothing shows under the name before it is
   * published. The caller closes it.
   *
   * @throws IllegalArgumentException for what can't be a name
   * @throws StoreFull when there is no room
   */
  IndexStore.Draft begin(String name) throws IOException;

  /**
   * Opens a dump for reading from its beginning. The caller closes it.
   *
   * @throws DumpMissing when there is none of this name
   */
  InputStream open(String name) throws IOException;

  /**
   * The length of a dump in bytes.
   *
   * @throws DumpMissing when there is none of this name
   */
  long size(String name) throws IOException;

  /** The names of all dumps, in their order. */
  List<String> names() throws IOException;

  /** Removes a dump; one that is not there is removed already. */
  void remove(String name) throws IOException;

  /** Where the dumps are, for messages: a path or a URL, without anything secret. */
  String place();

  /** Where the dump of this name is, or would be, for messages. */
  String place(String name);
}
