package io.platen.chunkstore;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * The indexes beside the chunks of a store, by their names. Everyone who knows the store may read
 * and write them; who publishes which name, and when one is removed, is agreed upon elsewhere. Safe
 * for use by several threads at once, which must not be interrupted while an index is open.
 *
 * <p>Names are made by the server, never by its users: letters, digits, points, dashes and
 * underscores, see {@link #requireName}. What there is to know of a store besides its indexes, what
 * each image is and whose the store is, belongs here, too, once it is stored.
 *
 * <p>Every method throws a {@link StoreUnavailable} where the store can't be asked; that is never
 * taken for "missing".
 */
public interface IndexStore {
  /** A name that no path and no URL gives another meaning. */
  Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,199}");

  /**
   * Begins an index: a file of this host to write it to. Nothing shows under the name before it is
   * published. The caller closes it.
   *
   * @throws IllegalArgumentException for what can't be a name
   * @throws StoreFull when there is no room
   */
  Draft begin(String name) throws IOException;

  /**
   * As {@link #begin(String)}, for an image whose chunks went through a session. Where several
   * processes share the store, the index has a place of its own then, named after the session: it
   * is what {@link #open} finds once those processes have agreed that this session made the image.
   */
  default Draft begin(String name, StoreSession session) throws IOException {
    return begin(name);
  }

  /**
   * Begins to write an index anew that {@link #open} finds damaged, or missing though it was
   * published: in its own place, where others look for it. Only the very bytes that were published
   * may be published there again, so that one which comes late changes nothing.
   *
   * @throws IndexMissing when nothing is known to have been published under the name
   */
  default Draft beginAgain(String name) throws IOException {
    return begin(name);
  }

  /**
   * The number of the session that made the index of this name, if that is part of its place; empty
   * where there is none, and in stores without such numbers.
   */
  default OptionalLong session(String name) throws IOException {
    return OptionalLong.empty();
  }

  /** An index that is being written. Its bytes may be written by several threads at once. */
  interface Draft extends Closeable {
    /** The file, empty at first, open for reading and writing at any position. */
    FileChannel channel();

    /** The file, for messages. */
    Path path();

    /**
     * Publishes what was written: when this returns, the index is there under its name, complete
     * and durable; when it throws, it may be there, complete, or not. One that is there already is
     * replaced in one step: who opens the name gets the one or the other as a whole, and who has it
     * open keeps the one it opened. Of two drafts of one name, one at least is published as it is.
     * Not to be called on a thread that may be interrupted.
     *
     * @param digest the SHA-256 of the file, in hexadecimal
     */
    void publish(String digest) throws IOException;

    /** Ends the writing; what was not published disappears. */
    @Override
    void close() throws IOException;
  }

  /**
   * Opens an index. It is read from a file of this host, to which it is fetched first where the
   * store is elsewhere, and stays readable when it is replaced or removed meanwhile. The caller
   * closes it.
   *
   * @throws IndexMissing when there is none of this name
   * @throws IndexCorrupt when it is no sound index
   */
  Index open(String name) throws IOException;

  /** Whether there is an index of this name, sound or not. */
  boolean has(String name) throws IOException;

  /** Hears of the name of an index. What it throws ends the list at that point. */
  @FunctionalInterface
  interface Visitor {
    void visit(String name) throws IOException;
  }

  /**
   * Lists the names of all indexes, in no order. That is not one moment: an index that is there
   * during the whole call is listed, once; one that is published or removed meanwhile may be.
   */
  void list(Visitor visitor) throws IOException;

  /**
   * Removes an index; one that is not there is removed already. It may come back with the power
   * after a crash of the machine: who calls it asks again then.
   */
  void remove(String name) throws IOException;

  /** Where the indexes are, for messages: a path or a URL, without anything secret. */
  String place();

  /** Where the index of this name is, or would be, for messages. */
  String place(String name);

  /**
   * Refuses what can't be the name of an index.
   *
   * @throws IllegalArgumentException for what would name something else
   */
  static String requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("\"" + name + "\" can't be the name of an index");
    }
    return name;
  }
}
