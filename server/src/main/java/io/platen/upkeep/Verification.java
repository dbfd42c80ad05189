package io.platen.upkeep;

import io.platen.chunkstore.BadChunk;
import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.ChunkSource;
import io.platen.chunkstore.DamagedIndex;
import io.platen.chunkstore.IndexRoot;
import io.platen.chunkstore.Pace;
import io.platen.chunkstore.StoreMaintenance;
import io.platen.chunkstore.Verified;
import io.platen.chunkstore.Verifier;
import io.platen.chunkstore.Workspaces;
import io.platen.template.NeededTemplate;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads the chunks that templates need, and says which are bad and which templates they damage. */
public final class Verification {
  /** What the progress of a verification goes up to. */
  public static final long TOTAL = Verifier.PREFIXES;

  /** How many ids one query names. */
  private static final int BATCH = 500;

  private final NeededIndexes needed;
  private final Verifier verifier;

  /**
   * A verification of this store.
   *
   * @param threads how many read at a time
   */
  public Verification(
      NeededIndexes needed, ChunkSource store, Workspaces workspaces, int threads, Pace pace) {
    this.needed = needed;
    this.verifier = new Verifier(store, workspaces, threads, pace);
  }

  /**
   * Verifies; changes nothing.
   *
   * @param templateId whose chunks to read; null for everybody's
   * @param progress hears how much of {@link #TOTAL} is done
   * @throws IOException where there is no such template
   */
  public VerifyReport verify(
      @Nullable String templateId, LongConsumer progress, Cancellation cancellation)
      throws IOException {
    return report(verified(templateId, new Listener(null, progress), cancellation), 0, 0);
  }

  /** Verifies the chunks whose ids begin with prefixes from {@code from} to before {@code end}. */
  VerifyReport verify(int from, int end, Cancellation cancellation) throws IOException {
    return report(verifier.verify(needed, from, end, Verifier.Listener.NONE, cancellation), 0, 0);
  }

  /** The templates whose indexes must be there, by their ids. */
  List<String> templates() throws IOException {
    var ids = new ArrayList<String>();
    needed.listTemplates((template, index) -> ids.add(template.id()));
    return ids;
  }

  /** The SHA-256 of a template's index; null where nothing needs that, or it is not known yet. */
  @Nullable String digest(String templateId) {
    return needed.templates(List.of(templateId)).stream()
        .findAny()
        .map(NeededTemplate::indexDigest)
        .orElse(null);
  }

  /** Whether a chunk is there and holds what it should. */
  boolean isGood(ChunkId id, Cancellation cancellation) throws IOException {
    return verifier.isGood(id, cancellation);
  }

  /** As {@link #verify(String, LongConsumer, Cancellation)}, and sets bad chunks aside. */
  VerifyReport setAside(
      StoreMaintenance store,
      @Nullable String templateId,
      LongConsumer progress,
      Cancellation cancellation)
      throws IOException {
    var listener = new Listener(store, progress);
    var verified = verified(templateId, listener, cancellation);
    return report(verified, listener.setAside, listener.kept);
  }

  private Verified verified(
      @Nullable String templateId, Listener listener, Cancellation cancellation)
      throws IOException {
    return verifier.verify(needed, selection(templateId), listener, cancellation);
  }

  private Predicate<IndexRoot> selection(@Nullable String templateId) throws IOException {
    if (templateId == null) {
      return index -> true;
    }
    var template =
        needed.templates(List.of(templateId)).stream()
            .findAny()
            .orElseThrow(
                () ->
                    new IOException(
                        "there is no template %s; \"platen template list\" lists them"
                            .formatted(templateId)));
    if (!needed.isPublished(template)) {
      throw new IOException("template %s is still being captured".formatted(templateId));
    }
    return index -> index.name().equals(templateId);
  }

  private VerifyReport report(Verified verified, long setAside, long kept) {
    Map<ChunkId, String> words = new HashMap<>();
    verified.bad().forEach(chunk -> words.put(chunk.id(), chunk.what()));
    var damaged = new ArrayList<VerifyReport.DamagedTemplate>();
    if (!verified.damaged().isEmpty()) {
      Map<String, NeededTemplate> templates = new HashMap<>();
      var ids = verified.damaged().stream().map(DamagedIndex::name).toList();
      for (int from = 0; from < ids.size(); from += BATCH) {
        needed
            .templates(ids.subList(from, Math.min(from + BATCH, ids.size())))
            .forEach(template -> templates.put(template.id(), template));
      }
      for (var index : verified.damaged()) {
        var template = templates.get(index.name());
        // One that was deleted in the meantime is damaged no more.
        if (template != null) {
          damaged.add(damaged(template, index, words));
        }
      }
    }
    return new VerifyReport(
        verified.indexes(),
        verified.chunks(),
        verified.bytes(),
        verified.badChunks(),
        verified.bad().stream()
            .map(chunk -> new VerifyReport.Bad(chunk.id().toString(), chunk.what()))
            .toList(),
        damaged,
        setAside,
        kept,
        List.of(),
        List.of());
  }

  private static VerifyReport.DamagedTemplate damaged(
      NeededTemplate template, DamagedIndex index, Map<ChunkId, String> words) {
    var chunk = index.example();
    String what =
        chunk == null
            ? String.valueOf(index.unreadable())
            : words.getOrDefault(chunk, "chunk " + chunk + " is lost");
    return new VerifyReport.DamagedTemplate(
        template.id(),
        template.name(),
        template.team(),
        template.deleted(),
        index.badChunks(),
        chunk == null ? null : chunk.toString(),
        what);
  }

  private static final class Listener implements Verifier.Listener {
    private final @Nullable StoreMaintenance store;
    private final LongConsumer progress;
    private long setAside;
    private long kept;

    /**
     * @param store where bad chunks are set aside; null where they are not
     */
    Listener(@Nullable StoreMaintenance store, LongConsumer progress) {
      this.store = store;
      this.progress = progress;
    }

    @Override
    public void bad(BadChunk chunk) throws IOException {
      if (store == null || chunk.kind() == BadChunk.Kind.MISSING) {
        return;
      }
      if (isItsOwn(chunk) && store.setAside(chunk.id())) {
        setAside++;
      } else {
        kept++;
      }
    }

    /**
     * Whether it is the chunk that is bad: not being allowed to open it, or having too many files
     * open, would make every chunk bad.
     */
    private static boolean isItsOwn(BadChunk chunk) {
      return switch (chunk.kind()) {
        case CORRUPT, UNREADABLE -> true;
        case MISSING, UNAVAILABLE -> false;
      };
    }

    @Override
    public void advanced(int prefixesDone, long bytes) {
      progress.accept(prefixesDone);
    }
  }
}
