package io.platen.upkeep;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkStore;
import io.platen.chunkstore.Pace;
import io.platen.chunkstore.Workspaces;
import io.platen.database.Database;
import io.platen.launch.BaseImages;
import io.platen.launch.OtherStores;
import io.platen.notice.Outbox;
import io.platen.site.Site;
import io.platen.template.IndexFiles;
import io.platen.template.ManifestWriter;
import io.platen.template.TemplateRepository;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The upkeep of one store. A collection removes at once what nothing needs; a scrub reads a part of
 * the store at a time, so that a restart repeats little; a repair sets bad chunks aside. {@link
 * Upkeep} says when.
 */
public final class StoreUpkeep {
  private static final Logger LOG = Logger.getLogger(StoreUpkeep.class);

  /** A scrub of the whole store is done in so many parts. */
  static final int SCRUB_PARTS = 256;

  /** How many chunks a collection in the background removes in a second. */
  private static final int REMOVALS_PER_SECOND = 2000;

  /** How many damaged templates one part of a scrub writes into the log. */
  private static final int LOGGED = 20;

  private final IndexFiles indexes;
  private final StoreMatch match;
  private final DamageNotice damage;
  private final Collection collection;
  private final Repair repair;
  private final boolean isInBucket;
  private final Verification scrub;
  private final AtomicLong collectedBytes = new AtomicLong();
  private final AtomicLong scrubbedBytes = new AtomicLong();
  private final AtomicLong badChunks = new AtomicLong();

  /**
   * What it works on.
   *
   * @param store as {@code site} has it, open for adding
   * @param others what is lost there is fetched from these
   * @param readable the stores that all nodes can read
   */
  public record Parts(
      Site site,
      ChunkStore store,
      OtherStores others,
      Workspaces workspaces,
      NeededIndexes needed,
      IndexFiles indexes,
      ManifestWriter manifests,
      BaseImages baseImages,
      StoreMatch match,
      TemplateRepository templates,
      Set<String> readable,
      Outbox outbox) {
    public Parts {
      readable = Set.copyOf(readable);
    }
  }

  /**
   * The upkeep of a store.
   *
   * @param scrubBytesPerSecond how fast a scrub reads
   * @param threads how many a repair reads with
   */
  public StoreUpkeep(Database database, Parts parts, long scrubBytesPerSecond, int threads) {
    indexes = parts.indexes();
    isInBucket = parts.site().isInBucket();
    match = parts.match();
    damage = new DamageNotice(parts.outbox());
    var store = parts.store();
    collection =
        new Collection(
            store.maintenance(),
            parts.needed(),
            parts.indexes(),
            parts.manifests(),
            parts.baseImages(),
            match);
    repair =
        new Repair(
            database,
            parts.templates(),
            parts.needed().store(),
            store.maintenance(),
            new Verification(parts.needed(), store, parts.workspaces(), threads, Pace.unlimited()),
            mending(database, parts),
            parts.readable());
    scrub =
        new Verification(
            parts.needed(), store, parts.workspaces(), 1, new Pace(scrubBytesPerSecond));
  }

  private static Mending mending(Database database, Parts parts) {
    var site = parts.site();
    return new Mending(
        database,
        parts.templates(),
        new Mending.Parts(
            parts.store(),
            site.indexes(),
            parts.others(),
            site::publish,
            parts.workspaces(),
            site.reads()));
  }

  /** Says in the log whether the store is the database's, and removes what a crash left. */
  void begin() throws IOException {
    var objection = match.check();
    if (objection.isPresent()) {
      LOG.errorf("Collections remove nothing from this store: %s", objection.get());
    } else {
      // What was deleted in the moment before a crash.
      indexes.removeAllUnused();
    }
  }

  /** Removes what nothing needs, slowly, beside other work. */
  void collect(Cancellation cancellation) throws IOException {
    log(collection.run(false, new Pace(REMOVALS_PER_SECOND), cancellation));
  }

  /** Removes base images beyond the cache's limit; of the store nothing. */
  void evict() throws IOException {
    collection.evict();
  }

  /**
   * Removes what nothing needs, as fast as that goes.
   *
   * @param dryRun whether it is only counted
   */
  CollectReport collectNow(boolean dryRun, Cancellation cancellation) throws IOException {
    var report = collection.run(dryRun, Pace.unlimited(), cancellation);
    if (!dryRun) {
      log(report);
    }
    return report;
  }

  /**
   * Reads a part of the store.
   *
   * @param part below {@link #SCRUB_PARTS}
   */
  void scrub(int part, Cancellation cancellation) throws IOException {
    int from = part * (int) (Verification.TOTAL / SCRUB_PARTS);
    int end = (part + 1) * (int) (Verification.TOTAL / SCRUB_PARTS);
    var report = scrub.verify(from, end, cancellation);
    log(report);
    damage.tell("scrub", report);
  }

  /**
   * Reads all chunks, sets the bad ones aside, fetches what is lost from other stores, and marks
   * the templates that stay damaged.
   *
   * @param templateId only its chunks; null for those of all templates
   * @param progress as of {@link Repair#run}
   */
  VerifyReport repair(@Nullable String templateId, LongConsumer progress, Cancellation cancellation)
      throws IOException {
    match.requireOwn();
    var lost = new ArrayList<VerifyReport.MendedTemplate>();
    if (isInBucket && match.absence().isPresent()) {
      // It is no file system that was not mounted: its store.json was read.
      lost.addAll(repair.fetchAll(templateId, cancellation));
    }
    requirePresence();
    var report = repair.run(templateId, progress, cancellation).after(lost);
    damage.tell("repair", report);
    return report;
  }

  /** Takes the marks from templates that are whole again. */
  void heal(Cancellation cancellation) throws IOException {
    repair.heal(cancellation);
  }

  private void requirePresence() throws IOException {
    var absence = match.absence();
    if (absence.isPresent()) {
      throw new IOException("no template is marked as damaged: " + absence.get());
    }
  }

  private void log(CollectReport report) {
    collectedBytes.addAndGet(report.bytes());
    LOG.infof(
        "collected: %d chunks of %d bytes, %d indexes and %d base images of %d bytes; %d chunks stay",
        report.chunks(),
        report.bytes(),
        report.indexes(),
        report.images(),
        report.imageBytes(),
        report.keptChunks() + report.pinnedChunks());
  }

  private void log(VerifyReport report) {
    scrubbedBytes.addAndGet(report.bytes());
    badChunks.addAndGet(report.badChunks());
    int more = report.damaged().size() - LOGGED;
    for (var damaged : report.damaged().subList(0, Math.min(LOGGED, report.damaged().size()))) {
      LOG.errorf(
          "template %s (%s) is damaged: %s. Run \"platen verify --repair\"; what no other store has is stored again by a capture of a machine that holds the same data",
          damaged.template(), damaged.name(), damaged.what());
    }
    if (more > 0) {
      LOG.errorf("%d more templates are damaged; \"platen verify\" lists them", more);
    }
  }

  /** What collections of this process removed from the store so far, in bytes. */
  public long collectedBytes() {
    return collectedBytes.get();
  }

  /** What scrubs of this process read so far, in bytes. */
  public long scrubbedBytes() {
    return scrubbedBytes.get();
  }

  /** How many bad chunks scrubs of this process found so far. */
  public long badChunks() {
    return badChunks.get();
  }
}
