package io.platen.template;

import io.platen.chunkstore.IndexStore;
import io.platen.database.Database;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jboss.logging.Logger;

/**
 * Removes the indexes of purged templates. One whose base image a machine's disk still stands on
 * stays: a capture of that machine copies from it what the machine did not change. What the
 * database does not know is never removed.
 */
public final class IndexFiles {
  private static final Logger LOG = Logger.getLogger(IndexFiles.class);

  private final IndexStore indexes;
  private final Database database;
  private final TemplateRepository templates;

  public IndexFiles(IndexStore indexes, Database database, TemplateRepository templates) {
    this.indexes = indexes;
    this.database = database;
    this.templates = templates;
  }

  /** Whether there is an index of a template with this id, whatever the database says of it. */
  public boolean has(String templateId) throws IOException {
    return indexes.has(templateId);
  }

  /** Removes those of these templates' indexes that nothing needs any more; answers whose. */
  public List<String> removeUnused(List<String> templateIds) {
    var removed = new ArrayList<String>();
    for (var id : database.read(handle -> templates.unused(handle, templateIds))) {
      try {
        indexes.remove(id);
        removed.add(id);
      } catch (IOException e) {
        // It costs space, nothing else; the next collection tries again.
        LOG.warnf("the index of the purged template %s is not removed: %s", id, e);
      }
    }
    return removed;
  }

  /** Removes every index that nothing needs any more; returns whose. */
  public List<String> removeAllUnused() throws IOException {
    return inBatches(this::removeUnused);
  }

  /** The templates whose index is there although nothing needs it. */
  public List<String> allUnused() throws IOException {
    return inBatches(ids -> database.read(handle -> templates.unused(handle, ids)));
  }

  private List<String> inBatches(UnaryOperator<List<String>> unused) throws IOException {
    var found = new ArrayList<String>();
    IndexListing.forEachBatch(indexes, ids -> found.addAll(unused.apply(ids)));
    return found;
  }
}
