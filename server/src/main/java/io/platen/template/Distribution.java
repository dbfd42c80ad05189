package io.platen.template;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.Cancelled;
import io.platen.chunkstore.ChunkSource;
import io.platen.chunkstore.ChunkStore;
import io.platen.chunkstore.ImageCopied;
import io.platen.chunkstore.ImageCopy;
import io.platen.chunkstore.Workspaces;
import io.platen.database.Database;
import io.platen.job.JobContext;
import io.platen.launch.SoundIndex;
import io.platen.machine.TemplateSupply;
import io.platen.site.Site;
import io.platen.site.Sites;
import io.platen.site.StoreIdentity;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/**
 * Copies templates from other stores into the one that this node uses, or out of its directory into
 * a bucket: the chunks that are lacking there, each checked on its way, then the index, then the
 * manifest, and then the database says that this store has the template, in the transaction that
 * ends the session. As of a capture, no collection removes anything of it in between.
 */
public final class Distribution implements TemplateSupply, AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Distribution.class);
  private static final long CANCELLATION_CHECK_MILLIS = 100;

  private final Database database;
  private final TemplateRepository templates;
  private final Sites sites;
  private final OtherCopies copies;
  private final ChunkStore store;
  private final Workspaces workspaces;
  private final StoreIdentity identity;
  private final String shownDatabase;
  private final Consumer<Handle> fence;
  private final InstantSource clock;

  /** Never removed: a waiter and a newcomer must meet at the same lock. */
  private final ConcurrentHashMap<String, ReentrantLock> locks = new ConcurrentHashMap<>();

  /**
   * Buckets that were copied into, by their names, as they are open: a session that does not end at
   * once is ended by its store later.
   */
  private final Map<String, ChunkStore> opened = new HashMap<>();

  /**
   * Distribution into a store.
   *
   * @param store this node's, open for adding
   * @param identity of that store
   * @param shownDatabase the database, as people may see it
   * @param fence as of a {@link io.platen.job.JobRunner}: this process still has the database
   */
  public Distribution(
      Database database,
      TemplateRepository templates,
      Sites sites,
      OtherCopies copies,
      ChunkStore store,
      Workspaces workspaces,
      StoreIdentity identity,
      String shownDatabase,
      Consumer<Handle> fence,
      InstantSource clock) {
    this.shownDatabase = shownDatabase;
    this.database = database;
    this.templates = templates;
    this.sites = sites;
    this.copies = copies;
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
    if (isIn(templateId, own().name())) {
      return;
    }
    identity.requireOwn();
    copy(templateId, digest, new Target(own(), store), context, cancellation);
  }

  /**
   * Has a bucket that this node does not use get a template that is in the store of this node.
   *
   * @param bucket its name
   */
  void push(
      String templateId,
      String digest,
      String bucket,
      JobContext context,
      Cancellation cancellation)
      throws IOException {
    var site =
        sites
            .find(bucket)
            .orElseThrow(
                () ->
                    new IOException(
                        "the bucket %s is not among the \"stores\" of this node's configuration"
                            .formatted(bucket)));
    new StoreIdentity(site, database, shownDatabase, clock).requireOwn();
    copy(templateId, digest, new Target(site, open(site)), context, cancellation);
  }

  private ChunkStore open(Site site) throws IOException {
    synchronized (opened) {
      var known = opened.get(site.name());
      if (known == null) {
        known = site.open();
        opened.put(site.name(), known);
      }
      return known;
    }
  }

  @Override
  public void close() throws IOException {
    synchronized (opened) {
      for (var bucket : opened.values()) {
        bucket.close();
      }
      opened.clear();
    }
  }

  /**
   * Where a copy goes.
   *
   * @param store open for adding
   */
  private record Target(Site site, ChunkStore store) {}

  private void copy(
      String templateId,
      String digest,
      Target target,
      JobContext context,
      Cancellation cancellation)
      throws IOException {
    var lock = locks.computeIfAbsent(templateId, _ -> new ReentrantLock(true));
    await(lock, templateId, cancellation);
    try {
      if (!isIn(templateId, target.site().name())) {
        copyNow(templateId, digest, target, context, cancellation);
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean isIn(String templateId, String name) {
    return copies.stores(templateId).contains(name);
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

  private void copyNow(
      String templateId,
      String digest,
      Target target,
      JobContext context,
      Cancellation cancellation)
      throws IOException {
    var site = target.site();
    var sources = sources(templateId);
    long start = System.nanoTime();
    try (var index =
            SoundIndex.open(
                sources.stream().map(Site::indexes).toList(), templateId, digest, cancellation);
        var session = target.store().openSession(templateId)) {
      context.phase("distributing", index.size());
      var copied =
          new ImageCopy(chunks(sources), workspaces, reads(sources, site))
              .copy(
                  index,
                  session,
                  site.indexes(),
                  templateId,
                  ImageCopy.IfLost.FAIL,
                  context::advanced,
                  cancellation);
      tell(site, templateId, session.number());
      var now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
      database.<IOException>change(
          handle -> publish(handle, site, templateId, digest, session.number(), now));
      log(templateId, sources, site, copied, System.nanoTime() - start);
    }
  }

  /** The stores that have it and that this node can read. */
  private List<Site> sources(String templateId) throws IOException {
    var sources = copies.sites(templateId);
    if (sources.isEmpty()) {
      throw new IOException(
          "the template %s is in the store %s, which this node can't read: it is another node's data directory, or its bucket is not among the \"stores\" of the configuration"
              .formatted(templateId, String.join(", ", copies.stores(templateId))));
    }
    return sources;
  }

  private static List<ChunkSource> chunks(List<Site> sites) {
    return sites.stream().<ChunkSource>map(Site::chunks).toList();
  }

  private static int reads(List<Site> sources, Site target) {
    return Math.max(sources.getFirst().reads(), target.reads());
  }

  private void tell(Site site, String templateId, long session) throws IOException {
    var manifest =
        database
            .read(handle -> ManifestRows.find(handle, templateId))
            .orElseThrow(() -> new IOException(templateId + " was removed"));
    site.manifests().publish(templateId, session, ManifestJson.write(manifest));
  }

  private void publish(
      Handle handle, Site site, String templateId, String digest, long session, Instant now)
      throws IOException {
    fence.accept(handle);
    if (!templates.lockNeeded(handle, templateId, digest)) {
      throw new IOException("the template %s was purged meanwhile".formatted(templateId));
    }
    if (session != 0) {
      site.publish(handle, session);
    }
    TemplateCopies.add(handle, templateId, site.name(), session, now);
  }

  private static void log(
      String templateId, List<Site> sources, Site target, ImageCopied copied, long nanos) {
    LOG.infof(
        "%s is copied from %s to %s: %d chunks, %d bytes, in %.1f s",
        templateId,
        sources.stream().map(Site::place).collect(Collectors.joining(", ")),
        target.place(),
        copied.chunks(),
        copied.bytes(),
        nanos / 1e9);
  }
}
