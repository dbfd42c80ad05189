package io.platen.template;

import io.platen.chunkstore.IndexStore;
import io.platen.database.Database;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The indexes that a store has.
 *
 * @param indexes how many
 * @param unknown how many of them have the id of no template that the database has or had
 * @param examples some of the unknown ids
 */
public record IndexListing(long indexes, long unknown, List<String> examples) {
  /** How many ids one query names. */
  private static final int BATCH = 500;

  private static final int EXAMPLES = 10;

  public IndexListing {
    examples = List.copyOf(examples);
  }

  /**
   * Lists the indexes, then asks the database for them. A template's row is written before its
   * index is, so what is published meanwhile is known.
   */
  public static IndexListing of(IndexStore indexes, Database database) throws IOException {
    var count = new Count();
    forEachBatch(
        indexes,
        ids ->
            count.add(ids, Set.copyOf(database.read(handle -> KnownTemplates.ids(handle, ids)))));
    return new IndexListing(count.indexes, count.unknown, count.examples);
  }

  private static final class Count {
    private long indexes;
    private long unknown;
    private final List<String> examples = new ArrayList<>();

    void add(List<String> ids, Set<String> known) {
      indexes += ids.size();
      for (var id : ids) {
        if (!known.contains(id)) {
          unknown++;
          if (examples.size() < EXAMPLES) {
            examples.add(id);
          }
        }
      }
    }
  }

  /** Hands over the ids that indexes are named after, some at a time. */
  static void forEachBatch(IndexStore indexes, Consumer<List<String>> batch) throws IOException {
    var ids = new ArrayList<String>();
    indexes.list(
        id -> {
          ids.add(id);
          if (ids.size() == BATCH) {
            batch.accept(List.copyOf(ids));
            ids.clear();
          }
        });
    batch.accept(ids);
  }
}
