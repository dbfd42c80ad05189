package io.platen.template;

import io.platen.chunkstore.DocumentCorrupt;
import io.platen.chunkstore.DocumentStore;
import io.platen.chunkstore.IndexStore;
import io.platen.database.Database;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the manifests of a store what the database says of its templates; in the one process that
 * has the store.
 *
 * <p>What is captured is told before its template becomes available, so that no index that is whole
 * is ever without a manifest. All later changes are told after their transaction, from {@link
 * ManifestChanges}; until then the manifest is behind, which its number says. A manifest is written
 * from the row as it is at that moment, under one lock, and none is put over one with a higher
 * number. A higher one comes from a newer database than this.
 *
 * <p>A purged template's manifest says so before its index goes (a tombstone), and stays until a
 * collection has freed the chunks.
 */
public final class ManifestWriter {
  private static final Logger LOG = Logger.getLogger(ManifestWriter.class);

  private static final int PAGE = 100;

  private final Site site;
  private final DocumentStore documents;
  private final Manifests manifests;
  private final IndexStore indexes;
  private final IndexFiles files;
  private final Database database;
  private final StoreIdentity identity;
  private final Doubt doubt;
  private final Consumer<Handle> fence;

  /** Whether the database may be older than the store. */
  @FunctionalInterface
  public interface Doubt {
    boolean isDoubtful() throws IOException;
  }

  /** Reading the row, comparing and writing are one step. */
  private final ReentrantLock one = new ReentrantLock();

  /**
   * @param files of the same store
   * @param doubt as long as there is any, no change is told, and no index removed
   * @param fence as of a {@link io.platen.job.JobRunner}: this process still has the database
   */
  public ManifestWriter(
      Site site,
      IndexFiles files,
      Database database,
      StoreIdentity identity,
      Doubt doubt,
      Consumer<Handle> fence) {
    this.site = site;
    this.documents = site.manifests();
    this.manifests = new Manifests(documents);
    this.indexes = site.indexes();
    this.files = files;
    this.database = database;
    this.identity = identity;
    this.doubt = doubt;
    this.fence = fence;
  }

  /**
   * Tells of a template whose index is published, and which is not available yet.
   *
   * @param session the number of the one that made its index; 0 for none
   * @param isFresh of a snapshot: whether the disk had no identity of its own
   * @throws IOException where the template was deleted meanwhile, the store is not the database's,
   *     or it can't be written to: the template must not become available then
   */
  public void captured(
      String templateId, long session, long diskBytes, String indexDigest, boolean isFresh)
      throws IOException {
    identity.requireOwn();
    one.lock();
    try {
      var row =
          row(templateId)
              .filter(manifest -> manifest.state() == Manifest.State.AVAILABLE)
              .orElseThrow(() -> new IOException(templateId + " was deleted"));
      var manifest = row.withImage(diskBytes, indexDigest, isFresh);
      if (session == 0) {
        write(manifest, true);
      } else {
        documents.publish(templateId, session, ManifestJson.write(manifest));
      }
    } finally {
      one.unlock();
    }
  }

  /**
   * Tells of all that has changed, and removes the indexes that are of no use any more; nothing
   * where the database may be older than the store.
   *
   * @throws IOException where some of it could not be told, or the store is not the database's;
   *     what else has changed is told
   */
  public void tellAll() throws IOException {
    tell();
  }

  /** As {@link #tellAll}, where no other node of the store does it. */
  public void tellRegularly() throws IOException {
    if (site.isKeeper()) {
      tell();
    }
  }

  private void tell() throws IOException {
    @Nullable IOException failure = null;
    String after = "";
    List<ManifestChanges.Change> page;
    do {
      page = page(after);
      if (!page.isEmpty()) {
        identity.requireOwn();
        if (doubt.isDoubtful()) {
          return;
        }
        failure = first(failure, tell(page));
        after = page.getLast().templateId();
      }
    } while (page.size() == PAGE);
    if (failure != null) {
      throw failure;
    }
  }

  private List<ManifestChanges.Change> page(String after) {
    return database.read(
        handle -> {
          fence.accept(handle);
          return ManifestChanges.after(handle, site.name(), after, PAGE);
        });
  }

  private static @Nullable IOException first(
      @Nullable IOException before, @Nullable IOException now) {
    return before == null ? now : before;
  }

  private @Nullable IOException tell(List<ManifestChanges.Change> changes) {
    @Nullable IOException failure = null;
    var told = new ArrayList<ManifestChanges.Change>();
    for (var change : changes) {
      try {
        tell(change.templateId());
        told.add(change);
      } catch (IOException e) {
        failure = first(failure, e);
      }
    }
    if (!told.isEmpty()) {
      database.change(
          handle -> told.forEach(change -> ManifestChanges.told(handle, site.name(), change)));
      files.removeTold(told.stream().map(ManifestChanges.Change::templateId).toList());
    }
    return failure;
  }

  /** Tells of the end of those of these templates whose index nothing needs any more. */
  public void tellUnused(List<String> templateIds) {
    try {
      identity.requireOwn();
      if (doubt.isDoubtful()) {
        return;
      }
      for (var id : files.unused(templateIds)) {
        tell(id);
      }
    } catch (IOException e) {
      // The change is still noted, and told when it can be.
      LOG.warnf("indexes of purged templates are not removed yet: %s", e.getMessage());
    }
  }

  /** Has the manifest of a template say what its row says, where it is to have one. */
  private void tell(String templateId) throws IOException {
    one.lock();
    try {
      var row = row(templateId);
      if (row.isEmpty()) {
        return;
      }
      var manifest = row.get();
      boolean isToBe =
          manifest.isTombstone()
              ? indexes.has(templateId) || documents.has(templateId)
              : manifest.indexDigest() != null;
      if (isToBe) {
        write(manifest, false);
      }
    } finally {
      one.unlock();
    }
  }

  private Optional<Manifest> row(String templateId) {
    return database.read(handle -> ManifestRows.find(handle, templateId));
  }

  /**
   * @param again whether another one with the same number may be replaced, which tells of an
   *     attempt that was not completed
   */
  private void write(Manifest manifest, boolean again) throws IOException {
    String id = manifest.templateId();
    byte[] bytes = ManifestJson.write(manifest);
    var there = documents.read(id);
    if (there.isPresent()) {
      long number = number(id, there.get());
      if (number > manifest.number() || (!again && number == manifest.number())) {
        if (!Arrays.equals(there.get(), bytes)) {
          LOG.warnf(
              "the manifest of %s tells of its change %d, and the database of %d: it is from a newer database, and stays",
              id, number, manifest.number());
        }
        return;
      }
    }
    documents.publish(id, bytes);
  }

  /** The number of a manifest; of one that says nothing, one that is below all others. */
  private long number(String id, byte[] bytes) throws IOException {
    try {
      return ManifestJson.read(id, bytes, documents.place(id)).number();
    } catch (DocumentCorrupt e) {
      LOG.warnf("a manifest is written anew: %s", e.getMessage());
      return -1;
    }
  }

  /**
   * The tombstones of indexes that are gone. What is among them before a collection lists the roots
   * may go when that has ended: its chunks are gone, too.
   */
  public List<String> tombstones() throws IOException {
    var found = new ArrayList<String>();
    var some = new ArrayList<String>();
    manifests.list(
        id -> {
          some.add(id);
          if (some.size() == PAGE) {
            addEnded(some, found);
            some.clear();
          }
        });
    addEnded(some, found);
    return found;
  }

  /** What the database does not call purged is not read: it is no tombstone that may go. */
  private void addEnded(List<String> some, List<String> found) throws IOException {
    var unpurged = Set.copyOf(database.read(handle -> KnownTemplates.unpurged(handle, some)));
    var looked = some.stream().filter(id -> !unpurged.contains(id)).toList();
    var ended = Looks.at(looked, this::isEnded);
    looked.stream().filter(id -> ended.getOrDefault(id, false)).forEach(found::add);
  }

  /** Removes those of these tombstones that still are some. */
  public void removeTombstones(List<String> templateIds) throws IOException {
    for (var id : templateIds) {
      one.lock();
      try {
        if (isEnded(id)) {
          documents.remove(id);
        }
      } finally {
        one.unlock();
      }
    }
  }

  private boolean isEnded(String id) throws IOException {
    try {
      return manifests.read(id).map(Manifest::isTombstone).orElse(false) && !indexes.has(id);
    } catch (DocumentCorrupt e) {
      LOG.debugf("not looked at: %s", e.getMessage());
      return false;
    }
  }
}
