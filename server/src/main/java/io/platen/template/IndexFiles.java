package io.platen.template;

import io.platen.chunkstore.DocumentCorrupt;
import io.platen.chunkstore.IndexStore;
import io.platen.database.Database;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Removes the indexes of purged templates. One whose base image a machine's disk still stands on
 * stays: a capture of that machine copies from it what the machine did not change. One whose
 * manifest does not say yet that it is purged stays until it does, so that nobody who has the store
 * alone takes it for lost. From a store that is not the database's nothing is removed.
 */
public final class IndexFiles {
  private static final Logger LOG = Logger.getLogger(IndexFiles.class);

  private final String store;
  private final IndexStore indexes;
  private final Manifests manifests;
  private final StoreIdentity identity;
  private final Database database;
  private final TemplateRepository templates;
  private final Standing standing;

  /** Null in a process that has not the store. */
  private volatile @Nullable Consumer<List<String>> teller;

  /** What stands on templates without a row that says so. */
  @FunctionalInterface
  public interface Standing {
    /** Templates, each with one of the machines that were launched from it. */
    Map<String, String> templates() throws IOException;
  }

  /**
   * The index files of a store.
   *
   * @param standing of which nothing is removed, whatever the rows say
   */
  public IndexFiles(
      Site site,
      StoreIdentity identity,
      Database database,
      TemplateRepository templates,
      Standing standing) {
    this.standing = standing;
    this.store = site.name();
    this.indexes = site.indexes();
    this.manifests = new Manifests(site.manifests());
    this.identity = identity;
    this.database = database;
    this.templates = templates;
  }

  /** The store that they are in, as rows of templates name it. */
  public String store() {
    return store;
  }

  /**
   * Whether there is an index or a manifest of a template with this id, whatever the database says
   * of it.
   */
  public boolean has(String templateId) throws IOException {
    return indexes.has(templateId) || manifests.has(templateId);
  }

  /**
   * Those of these templates whose index nothing needs any more.
   *
   * @throws IOException where it can't be known what stands on them
   */
  List<String> unused(List<String> templateIds) throws IOException {
    var unused = database.read(handle -> templates.unused(handle, templateIds));
    if (unused.isEmpty()) {
      return unused;
    }
    var held = standing.templates().keySet();
    return unused.stream().filter(id -> !held.contains(id)).toList();
  }

  /**
   * Those whose index is there and needed by nothing but machines that the database does not know,
   * each with one of these.
   */
  public Map<String, String> heldByUnknown() throws IOException {
    var held = standing.templates();
    var unused = database.read(handle -> templates.unused(handle, List.copyOf(held.keySet())));
    var found = new TreeMap<String, String>();
    for (var id : unused) {
      if (indexes.has(id)) {
        found.put(id, String.valueOf(held.get(id)));
      }
    }
    return found;
  }

  /**
   * Has the manifests of purged templates say so as soon as their indexes may go. Called once by
   * the process that has the store: no other one may write manifests.
   *
   * @param teller tells of those of these templates whose index nothing needs
   */
  public void tellBy(Consumer<List<String>> teller) {
    this.teller = teller;
  }

  /**
   * Removes those of these templates' indexes that nothing needs any more; answers whose. A process
   * that has not the store leaves those to the one that has it, and to the next collection.
   */
  public List<String> removeUnused(List<String> templateIds) {
    var telling = teller;
    if (telling != null) {
      telling.accept(templateIds);
    }
    return removeTold(templateIds);
  }

  /** As {@link #removeUnused}, where all that is to be told has been. */
  List<String> removeTold(List<String> templateIds) {
    var removed = new ArrayList<String>();
    for (var id : unusedOrNone(templateIds)) {
      try {
        if (isToldDeleted(id)) {
          identity.requireOwn();
          indexes.remove(id);
          removed.add(id);
        }
      } catch (IOException e) {
        // It costs space, nothing else; the next collection tries again.
        LOG.warnf("the index of the purged template %s is not removed: %s", id, e);
      }
    }
    return removed;
  }

  private List<String> unusedOrNone(List<String> templateIds) {
    try {
      return unused(templateIds);
    } catch (IOException e) {
      LOG.warnf("indexes of purged templates are not removed: %s", e.getMessage());
      return List.of();
    }
  }

  /** Whether no manifest says that the index is to stay. */
  private boolean isToldDeleted(String id) throws IOException {
    try {
      return manifests.read(id).map(Manifest::isTombstone).orElse(true);
    } catch (DocumentCorrupt e) {
      LOG.debugf("the index stays until its manifest is written anew: %s", e.getMessage());
      return false;
    }
  }

  /**
   * Removes the indexes of imports that failed, whatever their manifests say: they never became
   * templates.
   */
  void removeFailed(List<String> templateIds) throws IOException {
    for (var id : templateIds) {
      identity.requireOwn();
      indexes.remove(id);
    }
  }

  /** Removes every index that nothing needs any more; returns whose. */
  public List<String> removeAllUnused() throws IOException {
    return inBatches(this::removeUnused);
  }

  /** The templates whose index is there although nothing needs it. */
  public List<String> allUnused() throws IOException {
    return inBatches(this::unused);
  }

  /**
   * Removes the indexes that have neither a row nor a manifest: what is left of captures that the
   * database forgot, because an older one was put back. To be called only where all manifests are
   * known to be there.
   *
   * @return their names
   */
  public List<String> removeLeftovers() throws IOException {
    var leftovers = leftovers();
    for (var id : leftovers) {
      identity.requireOwn();
      indexes.remove(id);
      LOG.infof("the index %s is removed: it has no manifest, and never had a template", id);
    }
    return leftovers;
  }

  /** What {@link #removeLeftovers} would remove. */
  public List<String> leftovers() throws IOException {
    return inBatches(ids -> IndexListing.leftovers(ids, manifests, database));
  }

  private interface Choice {
    List<String> of(List<String> ids) throws IOException;
  }

  private List<String> inBatches(Choice choice) throws IOException {
    var found = new ArrayList<String>();
    IndexListing.forEachBatch(indexes, ids -> found.addAll(choice.of(ids)));
    return found;
  }
}
