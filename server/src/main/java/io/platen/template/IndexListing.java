package io.platen.template;

import io.platen.chunkstore.DocumentCorrupt;
import io.platen.chunkstore.IndexStore;
import io.platen.database.Database;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The indexes that a store has, their manifests, and what the database knows of them.
 *
 * @param indexes how many
 * @param unknown those whose id no template has or had that the database knows, and which have a
 *     manifest
 * @param leftovers those that have neither: what a capture left that the database forgot
 * @param newer those whose manifest tells of a change that the database does not know
 * @param later those of known templates whose manifest a newer version of Platen wrote, so that it
 *     can't be read
 * @param untold ids of templates whose manifest is missing, or older than the database, although
 *     nothing waits to be told of them; some of them where there are many
 * @param told how many manifests say what the database says
 * @param known how many manifests tell of the index that the database says a template has, whatever
 *     has changed of it since
 */
public record IndexListing(
    long indexes,
    Named unknown,
    Named leftovers,
    Named newer,
    Named later,
    List<String> untold,
    long told,
    long known) {
  /** How many ids one query names. */
  private static final int BATCH = 500;

  private static final int EXAMPLES = 10;

  /** More than that are told of in several rounds. */
  private static final int UNTOLD = 10_000;

  public IndexListing {
    untold = List.copyOf(untold);
  }

  /**
   * Some indexes.
   *
   * @param examples the ids of some of them
   */
  public record Named(long count, List<String> examples) {
    public Named {
      examples = List.copyOf(examples);
    }

    /** The examples, in words. */
    public String words() {
      String listed = String.join(", ", examples);
      long more = count - examples.size();
      return more == 0 ? listed : "%s and %d more".formatted(listed, more);
    }

    private Named plus(String id) {
      if (examples.size() == EXAMPLES) {
        return new Named(count + 1, examples);
      }
      var all = new ArrayList<>(examples);
      all.add(id);
      return new Named(count + 1, all);
    }
  }

  private static final Named NONE = new Named(0, List.of());

  /**
   * Lists the indexes and reads their manifests, then asks the database for them. A template's row
   * is written before its index is, and its change before its manifest, so what is published
   * meanwhile is known.
   */
  public static IndexListing of(
      String store, IndexStore indexes, Manifests manifests, Database database) throws IOException {
    var count = new Count();
    forEachBatch(
        indexes,
        ids -> {
          var told = Looks.at(ids, id -> Told.read(manifests, id));
          var known = database.read(handle -> KnownTemplates.told(handle, store, ids));
          for (var id : ids) {
            count.add(id, told.getOrDefault(id, Told.NOTHING), known);
          }
        });
    return new IndexListing(
        count.indexes,
        count.unknown,
        count.leftovers,
        count.newer,
        count.later,
        count.untold,
        count.told,
        count.known);
  }

  /** What a manifest tells; one that can't be read is there, and tells nothing. */
  private record Told(boolean isThere, boolean isLater, @Nullable Manifest manifest) {
    static final Told NOTHING = new Told(false, false, null);

    boolean isNotAheadOf(KnownTemplates.@Nullable Row row) {
      if (row == null || manifest == null) {
        return row != null && !isThere && row.digest() == null;
      }
      return !row.isOlderThan(manifest);
    }

    static Told read(Manifests manifests, String id) throws IOException {
      try {
        return manifests.read(id).map(manifest -> new Told(true, false, manifest)).orElse(NOTHING);
      } catch (DocumentCorrupt e) {
        return new Told(true, false, null);
      } catch (ManifestNewer e) {
        return new Told(true, true, null);
      }
    }
  }

  private static final class Count {
    private long indexes;
    private Named unknown = NONE;
    private Named leftovers = NONE;
    private Named newer = NONE;
    private Named later = NONE;
    private final List<String> untold = new ArrayList<>();
    private long told;
    private long known;

    void add(String id, Told said, Map<String, KnownTemplates.Row> rows) {
      indexes++;
      var row = rows.get(id);
      if (row != null && said.manifest != null && row.isOf(said.manifest)) {
        known++;
      }
      if (row == null) {
        if (said.isThere) {
          unknown = unknown.plus(id);
        } else {
          leftovers = leftovers.plus(id);
        }
      } else if (said.isLater) {
        later = later.plus(id);
      } else if (said.manifest != null && row.isOlderThan(said.manifest)) {
        newer = newer.plus(id);
      } else if (!row.isWaiting()) {
        add(id, said.manifest, row);
      }
    }

    private void add(String id, @Nullable Manifest manifest, KnownTemplates.Row row) {
      boolean isBehind = manifest == null || manifest.number() != row.number();
      if (row.isPublished() && !isBehind) {
        told++;
      } else if (isBehind && (row.isPublished() || manifest != null) && untold.size() < UNTOLD) {
        // Also of what is purged: else an older database would bring it back by its manifest.
        untold.add(id);
      }
    }
  }

  /** Hears of some ids at a time. */
  @FunctionalInterface
  interface Batch {
    void accept(List<String> ids) throws IOException;
  }

  /** Hands over the ids that indexes are named after, some at a time. */
  static void forEachBatch(IndexStore indexes, Batch batch) throws IOException {
    var ids = new ArrayList<String>();
    indexes.list(
        id -> {
          ids.add(id);
          if (ids.size() == BATCH) {
            batch.accept(List.copyOf(ids));
            ids.clear();
          }
        });
    batch.accept(ids);
  }

  /** Whether all manifests that must be there are: then one that is missing says something. */
  public boolean isComplete() {
    return told > 0 && untold.isEmpty();
  }

  /**
   * Whether there are indexes, and the database knows the template of each; no manifest is read.
   * The indexes are listed first, as of {@link #of}.
   */
  public static boolean areAllKnown(IndexStore indexes, Database database) throws IOException {
    long[] counts = new long[2];
    forEachBatch(
        indexes,
        ids -> {
          counts[0] += ids.size();
          counts[1] += unknown(ids, database).size();
        });
    return counts[0] > 0 && counts[1] == 0;
  }

  /**
   * Whether the manifest of each of these templates is there, where it has an image, and tells
   * nothing that the database does not know.
   */
  public static boolean areTold(
      String store, List<String> ids, Manifests manifests, Database database) throws IOException {
    var told = Looks.at(ids, id -> Told.read(manifests, id));
    var known = database.read(handle -> KnownTemplates.told(handle, store, ids));
    return ids.stream()
        .allMatch(id -> told.getOrDefault(id, Told.NOTHING).isNotAheadOf(known.get(id)));
  }

  private static List<String> unknown(List<String> ids, Database database) {
    var known = Set.copyOf(database.read(handle -> KnownTemplates.ids(handle, ids)));
    return ids.stream().filter(id -> !known.contains(id)).toList();
  }

  /** Those of these ids that are neither known nor told of. */
  static List<String> leftovers(List<String> ids, Manifests manifests, Database database)
      throws IOException {
    var unknown = unknown(ids, database);
    var there = Looks.at(unknown, manifests::has);
    return unknown.stream().filter(id -> !there.getOrDefault(id, true)).toList();
  }
}
