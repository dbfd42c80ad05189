package io.platen.s3store;

import io.platen.chunkstore.IndexStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What sessions made, of indexes or of manifests: each under a key of its own. Which one is meant
 * by a name, the ledger says. Of a name that it does not know, it is the last one that is told of:
 * of those that made one image, nobody makes another after one was published.
 */
final class Attempts {
  /** How many names the ledger is told of together. */
  private static final int TOGETHER = 500;

  private final Bucket bucket;
  private final Ledger ledger;
  private final String folder;
  private final String suffix;

  /**
   * @param folder what their keys begin with, up to the slash
   * @param suffix what their keys end with
   */
  Attempts(Bucket bucket, Ledger ledger, String folder, String suffix) {
    this.bucket = bucket;
    this.ledger = ledger;
    this.folder = folder;
    this.suffix = suffix;
  }

  static Attempts indexes(Bucket bucket, Ledger ledger) {
    return new Attempts(bucket, ledger, Keys.INDEXES, Keys.INDEX_SUFFIX);
  }

  static Attempts manifests(Bucket bucket, Ledger ledger) {
    return new Attempts(bucket, ledger, Keys.MANIFESTS, Keys.MANIFEST_SUFFIX);
  }

  String key(String name, long session) {
    return Keys.attempt(folder, IndexStore.requireName(name), session, suffix);
  }

  /** Where they are, for messages. */
  String place() {
    return bucket.place(folder.substring(0, folder.length() - 1));
  }

  /** What all keys of a name begin with, for messages. */
  String place(String name) {
    return bucket.place(folder + IndexStore.requireName(name));
  }

  /** The session that made what is meant by a name; empty where there is none. */
  OptionalLong find(String name) throws IOException {
    IndexStore.requireName(name);
    long known = ledger.published(name);
    if (known != Ledger.UNKNOWN) {
      return known == Ledger.NONE ? OptionalLong.empty() : OptionalLong.of(known);
    }
    // A manifest follows its index.
    OptionalLong told = manifests(bucket, ledger).last(name);
    return told.isPresent() ? told : last(name);
  }

  /** The last session that left something of this name here. */
  OptionalLong last(String name) throws IOException {
    return all(name).stream().mapToLong(Ledger.Attempt::session).max();
  }

  private List<Ledger.Attempt> all(String name) throws IOException {
    List<Ledger.Attempt> found = new ArrayList<>();
    bucket
        .lists()
        .objects(
            folder + IndexStore.requireName(name) + ".",
            null,
            (key, bytes) -> {
              Ledger.Attempt attempt = Keys.attempt(folder, key, suffix);
              if (attempt != null && attempt.name().equals(name)) {
                found.add(attempt);
              }
              return true;
            });
    return found;
  }

  /** Lists the names, each once. */
  void list(IndexStore.Visitor visitor) throws IOException {
    // Names that begin alike up to a point are together.
    Set<String> heard = new HashSet<>();
    String[] group = {""};
    List<String> some = new ArrayList<>();
    bucket
        .lists()
        .objects(
            folder,
            null,
            (key, bytes) -> {
              Ledger.Attempt attempt = Keys.attempt(folder, key, suffix);
              if (attempt == null || !IndexStore.NAME.matcher(attempt.name()).matches()) {
                return true;
              }
              String now = attempt.name().split("\\.", 2)[0];
              if (!now.equals(group[0])) {
                heard.clear();
                group[0] = now;
              }
              if (heard.add(attempt.name())) {
                some.add(attempt.name());
              }
              if (some.size() == TOGETHER) {
                visit(some, visitor);
              }
              return true;
            });
    visit(some, visitor);
  }

  private void visit(List<String> some, IndexStore.Visitor visitor) throws IOException {
    ledger.expect(some);
    for (String name : some) {
      visitor.visit(name);
    }
    some.clear();
  }

  /** Removes whatever was made of a name. */
  void remove(String name) throws IOException {
    for (Ledger.Attempt each : all(name)) {
      bucket.deletions().delete(key(each.name(), each.session()));
    }
  }

  /** Removes what was made by sessions that can't publish any more; returns how many there were. */
  int removeOrphans(int batch) throws IOException {
    int[] removed = new int[1];
    List<Ledger.Attempt> some = new ArrayList<>();
    bucket
        .lists()
        .objects(
            folder,
            null,
            (key, bytes) -> {
              Ledger.Attempt attempt = Keys.attempt(folder, key, suffix);
              if (attempt != null) {
                some.add(attempt);
              }
              if (some.size() == batch) {
                removed[0] += removeOrphans(some);
                some.clear();
              }
              return true;
            });
    return removed[0] + removeOrphans(some);
  }

  private int removeOrphans(List<Ledger.Attempt> some) throws IOException {
    if (some.isEmpty()) {
      return 0;
    }
    // They were listed first: whose session is not there now had ended before it was asked for.
    List<Ledger.Attempt> orphans = ledger.orphans(some);
    for (Ledger.Attempt each : orphans) {
      bucket.deletions().delete(key(each.name(), each.session()));
    }
    return orphans.size();
  }
}
