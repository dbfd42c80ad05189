package io.platen.template;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.IndexCorrupt;
import io.platen.chunkstore.IndexMissing;
import io.platen.chunkstore.IndexStore;
import io.platen.model.Issues;
import io.platen.model.ObjectName;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Brings the rows of templates to what their manifests tell, where these are younger than the rows,
 * or there is no row. Whoever can write to the store can have written a manifest, so one that is
 * broken, or that contradicts its row, changes nothing.
 */
public final class TemplateRecovery {
  /** As long as the columns are. */
  private static final int SHORT_TEXT = 16;

  private static final String TEXT = "text";

  private static final Instant FIRST = Instant.EPOCH;
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59Z");

  private final IndexStore indexes;
  private final String store;
  private final Predicate<Manifest> confirmed;
  private final ForgottenCopies copies;

  /**
   * @param store the store that the indexes are of, as rows of templates name it
   * @param confirmed whether the owner of a template that the database does not know is one that
   *     the operator knows: its team is in the database
   */
  public TemplateRecovery(IndexStore indexes, String store, Predicate<Manifest> confirmed) {
    this.indexes = indexes;
    this.store = store;
    this.confirmed = confirmed;
    copies = new ForgottenCopies(indexes, store);
  }

  /** What becomes of a template. */
  public enum Kind {
    /** The row says what the manifest says, or something younger. */
    KNOWN,
    ADDED,
    /** Its name, or its protection, is the manifest's from now on. */
    CHANGED,
    DELETED,
    UNDELETED,
    /** It is a copy in this store that the database had forgotten. */
    COPIED,
    /** Its index is gone. */
    DAMAGED,
    /** Nobody has confirmed its owner. */
    APART,
    /** Its manifest is broken, or contradicts the database or the index. */
    REFUSED
  }

  /**
   * What becomes of one template.
   *
   * @param words for people: its name, or what is wrong
   */
  public record Outcome(Kind kind, String words) {}

  private record Row(
      @Nullable String teamId,
      String name,
      String state,
      boolean isSnapshot,
      boolean isDeleted,
      boolean isPurged,
      boolean isProtected,
      @Nullable String indexDigest,
      long number) {}

  /** Does what a manifest asks for, in the caller's transaction. */
  public Outcome apply(Handle handle, Manifest manifest) throws IOException {
    var flaw = flaw(manifest);
    if (flaw.isPresent()) {
      return new Outcome(Kind.REFUSED, flaw.get());
    }
    var row = find(handle, manifest.templateId());
    if (row.isEmpty()) {
      return add(handle, manifest, indexes.has(manifest.templateId()));
    }
    var outcome = follow(handle, row.get(), manifest);
    return outcome.kind() != Kind.REFUSED && copies.find(handle, manifest)
        ? new Outcome(Kind.COPIED, manifest.name())
        : outcome;
  }

  /** Why no server wrote this; empty where one may have. */
  public static Optional<String> flaw(Manifest manifest) {
    var issues = new Issues();
    boolean named = ObjectName.check(TEXT, manifest.name(), issues).equals(manifest.name());
    var team = manifest.team();
    if (team != null) {
      named &= ObjectName.check(TEXT, team.name(), issues).equals(team.name());
    }
    for (var text : List.of(manifest.os().label(), manifest.os().agentType())) {
      var _ = ObjectName.check(TEXT, text.isEmpty() ? "-" : text, issues);
    }
    for (var text :
        List.of(manifest.region(), manifest.os().architecture(), manifest.os().firmware())) {
      var _ = ObjectName.check(TEXT, text, issues);
      named &= text.length() <= SHORT_TEXT;
    }
    var deleted = manifest.dtDeleted();
    var purged = manifest.dtPurged();
    boolean dated =
        isDate(manifest.dtCreated())
            && (deleted == null || isDate(deleted))
            && (purged == null || (deleted != null && isDate(purged)))
            && manifest.state() == ManifestRows.state(deleted, purged);
    return named && dated && !issues.has(TEXT) && manifest.number() <= ManifestJson.MOST_CHANGES
        ? Optional.empty()
        : Optional.of("it holds a name, text, time or number that no server writes");
  }

  private static boolean isDate(Instant time) {
    return !time.isBefore(FIRST) && !time.isAfter(LAST);
  }

  private static Optional<Row> find(Handle handle, String id) {
    return handle
        .createQuery(
            """
            SELECT team_id, name, state, is_snapshot, dt_deleted, dt_purged, is_protected, index_digest,
              manifest_number
            FROM template WHERE id = :id
            """)
        .bind("id", id)
        .map(
            (row, context) ->
                new Row(
                    row.getString("team_id"),
                    row.getString("name"),
                    row.getString("state"),
                    row.getInt("is_snapshot") == 1,
                    row.getObject("dt_deleted") != null,
                    row.getObject("dt_purged") != null,
                    row.getInt("is_protected") == 1,
                    row.getString("index_digest"),
                    row.getLong("manifest_number")))
        .findOne();
  }

  private Outcome add(Handle handle, Manifest manifest, boolean hasIndex) throws IOException {
    boolean isAvailable = manifest.state() == Manifest.State.AVAILABLE;
    if (!isAvailable && !hasIndex) {
      // Nothing is left of it, and nothing could be undeleted.
      return new Outcome(Kind.KNOWN, manifest.name());
    }
    if (!confirmed.test(manifest)) {
      return new Outcome(Kind.APART, manifest.name());
    }
    String damage = manifest.isTombstone() ? null : damage(manifest, hasIndex);
    if (damage != null && damage.isEmpty()) {
      return new Outcome(Kind.REFUSED, "its index is another one than its manifest tells of");
    }
    insert(handle, manifest, damage);
    if (!isAvailable) {
      return new Outcome(Kind.DELETED, manifest.name());
    }
    return damage == null
        ? new Outcome(Kind.ADDED, manifest.name())
        : new Outcome(Kind.DAMAGED, manifest.name() + ": " + damage);
  }

  /** What is lost; null for nothing, and empty where the index is not the manifest's. */
  private @Nullable String damage(Manifest manifest, boolean hasIndex) throws IOException {
    if (!hasIndex) {
      return missing(manifest.templateId());
    }
    try (var index = indexes.open(manifest.templateId())) {
      return index.digest(new Cancellation()).equals(manifest.indexDigest()) ? null : "";
    } catch (IndexMissing e) {
      return missing(manifest.templateId());
    } catch (IndexCorrupt e) {
      return String.valueOf(e.getMessage());
    }
  }

  private String missing(String id) {
    return "its index %s is missing".formatted(indexes.place(id));
  }

  private void insert(Handle handle, Manifest manifest, @Nullable String damage)
      throws IOException {
    var session = indexes.session(manifest.templateId());
    var team = manifest.team();
    handle
        .createUpdate(
            """
            INSERT INTO template (id, team_id, parent_machine_id, parent_template_id, name, name_folded, state,
              agent_type, os_label, region, architecture, firmware, disk_bytes, index_digest, damage,
              is_snapshot, is_auto, is_fresh, is_protected, manifest_number, store, index_session, dt_created, dt_deleted, dt_purged)
            VALUES (:id, :team, :machine, :template, :name, :folded, :state,
              :agent, :os, :region, :architecture, :firmware, :bytes, :digest, :damage,
              :snapshot, :auto, :fresh, :protected, :number, :store, :session, :created, :deleted, :purged)
            """)
        .bind("id", manifest.templateId())
        .bind("team", team == null ? null : team.id())
        .bind("machine", manifest.parentMachineId())
        .bind("template", manifest.parentTemplateId())
        .bind("name", manifest.name())
        .bind("folded", ObjectName.fold(manifest.name()))
        .bind("state", damage == null ? "available" : "damaged")
        .bind("agent", manifest.os().agentType())
        .bind("os", manifest.os().label())
        .bind("region", manifest.region())
        .bind("architecture", manifest.os().architecture())
        .bind("firmware", manifest.os().firmware())
        .bind("bytes", manifest.diskBytes())
        .bind("digest", manifest.indexDigest())
        .bind("damage", damage)
        .bind("snapshot", manifest.kind() == Manifest.Kind.SNAPSHOT ? 1 : 0)
        .bind("auto", manifest.isAuto() ? 1 : 0)
        .bind("fresh", manifest.isFresh() ? 1 : 0)
        .bind("protected", manifest.isProtected() ? 1 : 0)
        .bind("number", manifest.number())
        .bind("store", store)
        .bind("session", session.isPresent() ? session.getAsLong() : null)
        .bind("created", manifest.dtCreated().toEpochMilli())
        .bind("deleted", millis(manifest.dtDeleted()))
        .bind("purged", millis(manifest.dtPurged()))
        .execute();
  }

  private Outcome follow(Handle handle, Row row, Manifest manifest) {
    // A job that is under way ends with what it finds.
    if (manifest.number() < row.number || row.state.equals("capturing")) {
      return new Outcome(Kind.KNOWN, row.name);
    }
    // Of a database of before a recovery the last change may have had the number that another one
    // got since, and the store knows of that one.
    if (manifest.number() == row.number && tellsTheSame(row, manifest)) {
      return new Outcome(Kind.KNOWN, row.name);
    }
    var contradiction = contradiction(row, manifest);
    if (contradiction.isPresent()) {
      return new Outcome(Kind.REFUSED, contradiction.get());
    }
    update(handle, manifest);
    boolean isDeleted = isDeleted(manifest);
    if (row.isDeleted != isDeleted || row.isPurged != manifest.isTombstone()) {
      return new Outcome(isDeleted ? Kind.DELETED : Kind.UNDELETED, manifest.name());
    }
    if (!row.name.equals(manifest.name())) {
      return new Outcome(Kind.CHANGED, "%s, now %s".formatted(row.name, manifest.name()));
    }
    boolean same = row.isProtected == manifest.isProtected();
    return new Outcome(same ? Kind.KNOWN : Kind.CHANGED, row.name);
  }

  private static boolean tellsTheSame(Row row, Manifest manifest) {
    return row.name.equals(manifest.name())
        && row.isDeleted == isDeleted(manifest)
        && row.isPurged == manifest.isTombstone()
        && row.isProtected == manifest.isProtected();
  }

  private static boolean isDeleted(Manifest manifest) {
    return manifest.state() != Manifest.State.AVAILABLE;
  }

  private static Optional<String> contradiction(Row row, Manifest manifest) {
    var team = manifest.team();
    if (!Objects.equals(row.teamId, team == null ? null : team.id())) {
      return Optional.of("it names another team than the database");
    }
    if (row.isSnapshot != (manifest.kind() == Manifest.Kind.SNAPSHOT)) {
      return Optional.of("it tells of another kind of template than the database");
    }
    var digest = manifest.indexDigest();
    if (row.indexDigest != null && digest != null && !row.indexDigest.equals(digest)) {
      return Optional.of("it tells of another index than the database");
    }
    if (row.isPurged && !manifest.isTombstone()) {
      return Optional.of("the database has purged the template");
    }
    return Optional.empty();
  }

  /** In two steps: SQLite's search index follows names of what is not deleted. */
  private static void update(Handle handle, Manifest manifest) {
    handle
        .createUpdate(
            """
            UPDATE template SET name = :name, name_folded = :folded, is_protected = :protected,
              manifest_number = :number
            WHERE id = :id
            """)
        .bind("id", manifest.templateId())
        .bind("name", manifest.name())
        .bind("folded", ObjectName.fold(manifest.name()))
        .bind("protected", manifest.isProtected() ? 1 : 0)
        .bind("number", manifest.number())
        .execute();
    handle
        .createUpdate(
            "UPDATE template SET dt_deleted = :deleted, dt_purged = :purged WHERE id = :id")
        .bind("id", manifest.templateId())
        .bind("deleted", millis(manifest.dtDeleted()))
        .bind("purged", millis(manifest.dtPurged()))
        .execute();
  }

  private static @Nullable Long millis(@Nullable Instant time) {
    return time == null ? null : time.toEpochMilli();
  }

  /**
   * Marks the templates as damaged whose index is gone, in the caller's transaction; those that are
   * deleted and could be undeleted as well, so that an undeletion does not bring back as available
   * what is not there.
   *
   * @param damaged hears of each
   */
  public void markLost(Handle handle, Damaged damaged) throws IOException {
    String after = "";
    List<Published> page;
    do {
      page = published(handle, after);
      for (var template : page) {
        if (!indexes.has(template.id)) {
          handle
              .createUpdate(
                  """
                  UPDATE template SET damage = :damage, damaged_chunk = NULL, state = 'damaged'
                  WHERE id = :id
                  """)
              .bind("damage", missing(template.id))
              .bind("id", template.id)
              .execute();
          damaged.hear(template.id, template.name);
        }
        after = template.id;
      }
    } while (!page.isEmpty());
  }

  /** Hears of a template whose index is gone. */
  @FunctionalInterface
  public interface Damaged {
    void hear(String id, String name);
  }

  private record Published(String id, String name) {}

  private List<Published> published(Handle handle, String after) {
    return handle
        .createQuery(
            """
            SELECT id, name FROM template
            WHERE state = 'available' AND dt_purged IS NULL AND store = :store AND id > :after
            ORDER BY id LIMIT 500
            """)
        .bind("store", store)
        .bind("after", after)
        .map((row, context) -> new Published(row.getString("id"), row.getString("name")))
        .list();
  }
}
