package io.platen.upkeep;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.Cancelled;
import io.platen.chunkstore.ChunkSource;
import io.platen.chunkstore.ChunkStore;
import io.platen.chunkstore.ImageCopied;
import io.platen.chunkstore.ImageCopy;
import io.platen.chunkstore.Index;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.IndexMissing;
import io.platen.chunkstore.IndexStore;
import io.platen.chunkstore.ProgressListener;
import io.platen.chunkstore.Workspaces;
import io.platen.database.Database;
import io.platen.launch.OtherStores;
import io.platen.launch.SoundIndex;
import io.platen.site.SessionLost;
import io.platen.template.TemplateRepository;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/**
 * Fetches from other stores what this node's has lost of a template: each chunk under a session, as
 * a capture puts it, and checked on its way; then the index, where that is lost, in its own place,
 * and only one with the SHA-256 that the database knows. What is there and whole stays untouched.
 */
final class Mending {
  private static final Logger LOG = Logger.getLogger(Mending.class);

  private final Database database;
  private final TemplateRepository templates;
  private final Parts parts;

  /** Ends a session, as {@link io.platen.site.Site#publish} does. */
  @FunctionalInterface
  interface Ending {
    void end(Handle handle, long session);
  }

  /**
   * What it works on.
   *
   * @param store the one that is mended
   * @param indexes beside it
   * @param threads how many chunks to read at a time
   */
  record Parts(
      ChunkStore store,
      IndexStore indexes,
      OtherStores others,
      Ending ending,
      Workspaces workspaces,
      int threads) {}

  Mending(Database database, TemplateRepository templates, Parts parts) {
    this.database = database;
    this.templates = templates;
    this.parts = parts;
  }

  /**
   * Mends a template. What is bad there still has to be set aside before; what can't be fetched is
   * said, and nothing is worse than before.
   *
   * @param digest the SHA-256 of its index, in hexadecimal
   * @return what was done; empty where no other store that can be read has the template
   * @throws Cancelled after a cancellation: what was fetched stays, and is found by the next one
   */
  Optional<VerifyReport.MendedTemplate> mend(
      String templateId, String digest, Cancellation cancellation) throws Cancelled {
    var sources = parts.others().of(templateId);
    if (sources.isEmpty()) {
      return Optional.empty();
    }
    var from = sources.stream().map(OtherStores.Source::name).toList();
    var done = new Done();
    String problem = null;
    try {
      mend(templateId, digest, sources, done, cancellation);
      if (done.copied.lost() > 0) {
        done.isLost = true;
        problem = done.copied.lost() + " of its chunks are whole in none of them";
      }
    } catch (Cancelled e) {
      throw e;
    } catch (IndexMissing | IndexCorrupt e) {
      done.isLost = true;
      problem = "none of them has its index: " + e.getMessage();
    } catch (IOException | SessionLost e) {
      problem = String.valueOf(e.getMessage());
      LOG.warnf(e, "what is lost of the template %s is not fetched", templateId);
    }
    LOG.infof(
        "%d chunks of %d bytes%s are fetched for the template %s, which is in %s, too%s",
        done.copied.chunks(),
        done.copied.bytes(),
        done.isIndexBack ? " and the index" : "",
        templateId,
        sources.stream().map(OtherStores.Source::place).collect(Collectors.joining(", ")),
        problem == null ? "" : ": " + problem);
    return Optional.of(
        new VerifyReport.MendedTemplate(
            templateId,
            from,
            done.copied.chunks(),
            done.copied.bytes(),
            done.isIndexBack,
            done.isLost,
            problem));
  }

  /** What has been done so far. */
  private static final class Done {
    private ImageCopied copied = new ImageCopied("", 0, 0, 0, 0);
    private boolean isIndexBack;
    private boolean isLost;
  }

  private void mend(
      String templateId,
      String digest,
      List<OtherStores.Source> sources,
      Done done,
      Cancellation cancellation)
      throws IOException {
    // Nothing is taken for granted: related templates may lack the same chunks.
    try (var index = SoundIndex.open(indexes(sources), templateId, digest, cancellation);
        var session = parts.store().openSession()) {
      done.copied =
          new ImageCopy(chunks(sources), parts.workspaces(), parts.threads())
              .fetch(index, session, ProgressListener.NONE, cancellation);
      if (!isSound(templateId, digest, cancellation)) {
        ImageCopy.putBack(index, parts.indexes(), templateId, digest, cancellation);
        done.isIndexBack = true;
      }
      database.<IOException>change(
          handle -> {
            if (!templates.lockNeeded(handle, templateId, digest)) {
              throw new IOException("the template was purged meanwhile");
            }
            if (session.number() != 0) {
              parts.ending().end(handle, session.number());
            }
          });
    }
  }

  private List<IndexStore> indexes(List<OtherStores.Source> sources) {
    var all = new ArrayList<IndexStore>();
    all.add(parts.indexes());
    sources.forEach(source -> all.add(source.indexes()));
    return all;
  }

  private static List<ChunkSource> chunks(List<OtherStores.Source> sources) {
    return sources.stream().map(OtherStores.Source::chunks).toList();
  }

  private boolean isSound(String templateId, String digest, Cancellation cancellation)
      throws IOException {
    try (Index index = parts.indexes().open(templateId)) {
      index.requireDigest(digest, cancellation);
      return true;
    } catch (IndexMissing | IndexCorrupt e) {
      LOG.debugf("the index is put back: %s", e.getMessage());
      return false;
    }
  }
}
