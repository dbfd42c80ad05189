package io.platen.backup;

import io.platen.chunkstore.StoreUnavailable;
import io.platen.site.Site;
import io.platen.template.KnownTemplates;
import io.platen.template.Manifest;
import io.platen.template.Manifests;
import io.platen.template.TemplateRecovery;
import io.platen.template.TemplateRecovery.Kind;
import java.io.IOException;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;

/**
 * Has a database follow the manifests of its store. Templates of teams that the database does not
 * know are kept apart, until the operator confirms the team: whoever can write to the store can
 * have named any.
 */
final class Reconciliation {
  private final Site site;
  private final String store;
  private final Manifests manifests;
  private final StoreRecovery.Options options;
  private final Instant now;
  private final Findings found = new Findings();

  Reconciliation(Site site, String store, StoreRecovery.Options options, Instant now) {
    this.site = site;
    this.store = store;
    this.manifests = new Manifests(site.manifests());
    this.options = options;
    this.now = now;
  }

  /**
   * Does it in the caller's transaction.
   *
   * @throws IOException where the store can't be read, its indexes are not there at all, or a team
   *     that is confirmed is in no manifest
   */
  Findings run(Handle handle) throws IOException {
    requireIndexes(handle);
    confirm(handle);
    var teams = new HashSet<>(handle.createQuery("SELECT id FROM team").mapTo(String.class).list());
    var recovery =
        new TemplateRecovery(site.indexes(), store, manifest -> isConfirmed(manifest, teams));
    forEach(
        manifest -> {
          var outcome = recovery.apply(handle, manifest);
          found.add(outcome.kind(), manifest.templateId(), outcome.words());
          if (outcome.kind() == Kind.APART) {
            apart(manifest);
          }
        },
        (id, why) -> found.add(Kind.REFUSED, id, why));
    recovery.markLost(
        handle, (id, name) -> found.add(Kind.DAMAGED, id, name + ": its index is missing"));
    return found;
  }

  private void requireIndexes(Handle handle) throws IOException {
    long published = KnownTemplates.countPublished(handle, store);
    var any = new boolean[1];
    site.indexes().list(name -> any[0] = true);
    if (published > 0 && !any[0]) {
      throw new IOException(
          "%s holds no index, and the database has %d templates. Mount the file system that holds the indexes, or restore them from a backup; \"platen restore\" restores the database alone"
              .formatted(site.indexes().place(), published));
    }
  }

  private boolean isConfirmed(Manifest manifest, Set<String> teams) {
    var team = manifest.team();
    return team == null ? options.osTemplates() : teams.contains(team.id());
  }

  private void apart(Manifest manifest) {
    var team = manifest.team();
    if (team == null) {
      found.osApart();
    } else {
      found.apart(new Findings.Team(team.id(), team.name()));
    }
  }

  /** Makes the teams that the operator names, as the manifests know them. */
  private void confirm(Handle handle) throws IOException {
    if (options.teams().isEmpty()) {
      return;
    }
    var known = new HashSet<>(handle.createQuery("SELECT id FROM team").mapTo(String.class).list());
    var named = new TreeMap<String, Set<Findings.Team>>();
    forEach(
        manifest -> {
          var team = manifest.team();
          if (team == null || known.contains(team.id())) {
            return;
          }
          for (var word : options.teams()) {
            if (word.equals(team.id()) || word.equals(team.name())) {
              named
                  .computeIfAbsent(word, none -> new TreeSet<>())
                  .add(new Findings.Team(team.id(), team.name()));
            }
          }
        },
        (id, why) -> {});
    for (var word : options.teams()) {
      confirm(handle, word, named.getOrDefault(word, Set.of()));
    }
  }

  private void confirm(Handle handle, String word, Set<Findings.Team> teams) throws IOException {
    if (teams.isEmpty()) {
      throw new IOException(
          "no manifest names a team \"%s\" that the database does not know".formatted(word));
    }
    if (teams.stream().map(Findings.Team::id).distinct().count() > 1) {
      throw new IOException(
          "several teams are called \"%s\": name one by its id (%s)"
              .formatted(word, String.join(", ", teams.stream().map(Findings.Team::id).toList())));
    }
    var team = teams.iterator().next();
    boolean taken =
        handle
            .createQuery("SELECT EXISTS (SELECT 1 FROM team WHERE name = :name)")
            .bind("name", team.name())
            .mapTo(Boolean.class)
            .one();
    String name = taken ? "%s (%s)".formatted(team.name(), team.id()) : team.name();
    handle.execute(
        "INSERT INTO team (id, name, dt_created) VALUES (?, ?, ?)",
        team.id(),
        name,
        now.toEpochMilli());
    found.confirmed(name);
  }

  /** Hears of a manifest that can be read. */
  private interface Reader {
    void read(Manifest manifest) throws IOException;
  }

  /** Hears of one that can't. */
  private interface Broken {
    void hear(String id, String why);
  }

  private void forEach(Reader reader, Broken broken) throws IOException {
    manifests.list(
        id -> {
          Manifest manifest;
          try {
            var read = manifests.read(id);
            if (read.isEmpty()) {
              return;
            }
            manifest = read.get();
          } catch (StoreUnavailable e) {
            throw e;
          } catch (IOException e) {
            // Also a DocumentCorrupt: whoever can write to the store can have written it.
            broken.hear(id, String.valueOf(e.getMessage()));
            return;
          }
          if (TemplateRecovery.flaw(manifest).isEmpty()) {
            reader.read(manifest);
          } else {
            broken.hear(id, TemplateRecovery.flaw(manifest).orElseThrow());
          }
        });
  }
}
