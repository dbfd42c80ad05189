package io.platen.template;

import io.platen.config.DataDirectory;
import io.platen.database.Database;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The index files there are.
 *
 * @param files how many
 * @param unknown how many of them have the id of no template that the database has or had
 * @param examples some of the unknown ids
 */
public record IndexListing(long files, long unknown, List<String> examples) {
  /** How many ids one query names. */
  private static final int BATCH = 500;

  private static final String SUFFIX = ".caibx";
  private static final int EXAMPLES = 10;

  public IndexListing {
    examples = List.copyOf(examples);
  }

  /**
   * Lists the files, then asks the database for them. A template's row is written before its index
   * is, so what is published meanwhile is known.
   */
  public static IndexListing of(DataDirectory data, Database database) throws IOException {
    var count = new Count();
    forEachBatch(
        data,
        ids ->
            count.add(ids, Set.copyOf(database.read(handle -> KnownTemplates.ids(handle, ids)))));
    return new IndexListing(count.files, count.unknown, count.examples);
  }

  private static final class Count {
    private long files;
    private long unknown;
    private final List<String> examples = new ArrayList<>();

    void add(List<String> ids, Set<String> known) {
      files += ids.size();
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

  /** Hands over the ids that files are named after, some at a time. */
  static void forEachBatch(DataDirectory data, Consumer<List<String>> batch) throws IOException {
    var ids = new ArrayList<String>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(data.indexes(), "*" + SUFFIX)) {
      for (var file : files) {
        String name = String.valueOf(file.getFileName());
        ids.add(name.substring(0, name.length() - SUFFIX.length()));
        if (ids.size() == BATCH) {
          batch.accept(List.copyOf(ids));
          ids.clear();
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    batch.accept(ids);
  }
}
