package io.platen.template;

import io.platen.config.DataDirectory;
import io.platen.database.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jboss.logging.Logger;

/**
 * Removes the indexes of deleted templates. One whose base image a machine's disk still stands on
 * stays: a capture of that machine copies from it what the machine did not change. What the
 * database does not know is never removed.
 */
public final class IndexFiles {
  private static final Logger LOG = Logger.getLogger(IndexFiles.class);

  private final DataDirectory data;
  private final Database database;
  private final TemplateRepository templates;

  public IndexFiles(DataDirectory data, Database database, TemplateRepository templates) {
    this.data = data;
    this.database = database;
    this.templates = templates;
  }

  /** Removes those of these templates' indexes that nothing needs any more; tells which. */
  public List<String> removeUnused(List<String> templateIds) {
    var removed = new ArrayList<String>();
    for (var id : database.read(handle -> templates.unused(handle, templateIds))) {
      try {
        if (Files.deleteIfExists(data.index(id))) {
          removed.add(id);
        }
      } catch (IOException e) {
        // It costs space, nothing else; the next collection tries again.
        LOG.warnf("the index of the deleted template %s is not removed: %s", id, e);
      }
    }
    return removed;
  }

  /** Removes every index that nothing needs any more; tells whose. */
  public List<String> removeAllUnused() throws IOException {
    return inBatches(this::removeUnused);
  }

  /** The templates whose index is there although nothing needs it. */
  public List<String> allUnused() throws IOException {
    return inBatches(ids -> database.read(handle -> templates.unused(handle, ids)));
  }

  private List<String> inBatches(UnaryOperator<List<String>> unused) throws IOException {
    var found = new ArrayList<String>();
    IndexListing.forEachBatch(data, ids -> found.addAll(unused.apply(ids)));
    return found;
  }
}
