package io.platen.template;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.Cancelled;
import io.platen.chunkstore.ChunkStore;
import io.platen.chunkstore.ImageCopied;
import io.platen.chunkstore.ImageCopy;
import io.platen.chunkstore.Index;
import io.platen.chunkstore.Workspaces;
import io.platen.database.Database;
import io.platen.job.JobContext;
import io.platen.machine.TemplateSupply;
import io.platen.site.Site;
import io.platen.site.Sites;
import io.platen.site.StoreIdentity;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/**
 * Copies templates from other stores into the one that this node uses: the chunks that it lacks,
 * each checked on its way, then the index, then the manifest, and then the database says that this
 * store has the template, in the transaction that ends the session. As of a capture, no collection
 * removes anything of it in between.
 */
public final class Distribution implements TemplateSupply {
  private static final Logger LOG = Logger.getLogger(Distribution.class);
  private static final long CANCELLATION_CHECK_MILLIS = 100;

  private final Database database;
  private final TemplateRepository templates;
  private final Sites sites;
  private final ChunkStore store;
  private final Workspaces workspaces;
  private final StoreIdentity identity;
  private final Consumer<Handle> fence;
  private final InstantSource clock;

  /** Never removed: a waiter and a newcomer must meet at the same lock. */
  private final ConcurrentHashMap<String, ReentrantLock> locks = new ConcurrentHashMap<>();

  /**
   * Distribution into a store.
   *
   * @param store this node's, open for adding
   * @param identity of that store
   * @param fence as of a {@link io.platen.job.JobRunner}: this process still has the database
   */
  public Distribution(
      Database database,
      TemplateRepository templates,
      Sites sites,
      ChunkStore store,
      Workspaces workspaces,
      StoreIdentity identity,
      Consumer<Handle> fence,
      InstantSource clock) {
    this.database = database;
    this.templates = templates;
    this.sites = sites;
    this.store = store;
    this.workspaces = workspaces;
    this.identity = identity;
    this.fence = fence;
    this.clock = clock;
  }

  private Site own() {
    return sites.own();
  }

  @Override
  public void fetch(String templateId, String digest, JobContext context, Cancellation cancellation)
      throws IOException {
    if (isHere(templateId)) {
      return;
    }
    var lock = locks.computeIfAbsent(templateId, _ -> new ReentrantLock(true));
    await(lock, templateId, cancellation);
    try {
      if (!isHere(templateId)) {
        copy(templateId, digest, context, cancellation);
      }
    } finally {
      lock.unlock();
    }
  }

  private List<String> stores(String templateId) {
    return database.read(handle -> TemplateCopies.stores(handle, templateId));
  }

  private boolean isHere(String templateId) {
    return stores(templateId).contains(own().name());
  }

  private static void await(ReentrantLock lock, String templateId, Cancellation cancellation)
      throws Cancelled {
    try {
      while (!lock.tryLock(CANCELLATION_CHECK_MILLIS, TimeUnit.MILLISECONDS)) {
        cancellation.check("the wait for the copy of " + templateId);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Cancelled("the wait for the copy of " + templateId + " was interrupted");
    }
  }

  private void copy(String templateId, String digest, JobContext context, Cancellation cancellation)
      throws IOException {
    identity.requireOwn();
    var source = source(templateId);
    long start = System.nanoTime();
    try (var index = source.indexes().open(templateId);
        var session = store.openSession(templateId)) {
      requireSame(index, digest, cancellation);
      context.phase("distributing", index.size());
      var copied =
          new ImageCopy(source.chunks(), workspaces, Math.max(source.reads(), own().reads()))
              .copy(
                  index,
                  session,
                  own().indexes(),
                  templateId,
                  ImageCopy.IfLost.FAIL,
                  context::advanced,
                  cancellation);
      tell(templateId, session.number());
      var now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
      database.<IOException>change(
          handle -> publish(handle, templateId, digest, session.number(), now));
      log(templateId, source, copied, System.nanoTime() - start);
    }
  }

  /** The first store that has it and that this node can read. */
  private Site source(String templateId) throws IOException {
    var stores = stores(templateId);
    return stores.stream()
        .map(sites::find)
        .flatMap(Optional::stream)
        .findFirst()
        .orElseThrow(
            () ->
                new IOException(
                    "the template %s is in the store %s, which this node can't read: it is another node's data directory, or its bucket is not among the \"stores\" of the configuration"
                        .formatted(templateId, String.join(", ", stores))));
  }

  private static void requireSame(Index index, String digest, Cancellation cancellation)
      throws IOException {
    String found = index.digest(cancellation);
    if (!found.equals(digest)) {
      throw new IOException(
          "the index %s is damaged: its SHA-256 is %s instead of %s"
              .formatted(index.place(), found, digest));
    }
  }

  private void tell(String templateId, long session) throws IOException {
    var manifest =
        database
            .read(handle -> ManifestRows.find(handle, templateId))
            .orElseThrow(() -> new IOException(templateId + " was removed"));
    own().manifests().publish(templateId, session, ManifestJson.write(manifest));
  }

  private void publish(Handle handle, String templateId, String digest, long session, Instant now)
      throws IOException {
    fence.accept(handle);
    if (!templates.lockNeeded(handle, templateId, digest)) {
      throw new IOException("the template %s was purged meanwhile".formatted(templateId));
    }
    if (session != 0) {
      own().publish(handle, session);
    }
    TemplateCopies.add(handle, templateId, own().name(), session, now);
  }

  private void log(String templateId, Site source, ImageCopied copied, long nanos) {
    LOG.infof(
        "%s is copied from %s to %s: %d chunks, %d bytes, in %.1f s",
        templateId, source.place(), own().place(), copied.chunks(), copied.bytes(), nanos / 1e9);
  }
}
