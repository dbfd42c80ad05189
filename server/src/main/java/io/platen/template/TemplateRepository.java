package io.platen.template;

import io.platen.database.Queries;
import io.platen.database.Row;
import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.machine.StandingMachines;
import io.platen.model.Ids;
import io.platen.model.ObjectName;
import io.platen.model.OperatingSystem;
import io.platen.paging.Cursors;
import io.platen.paging.Filter;
import io.platen.paging.ListRequest;
import io.platen.paging.Page;
import io.platen.paging.PageQuery;
import io.platen.paging.SortKey;
import io.platen.paging.SortKeyHistory;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/** Custom templates and OS templates in the database. */
public final class TemplateRepository {
  private static final String NAME_MOVES = "template.name";

  /** A machine stands on the template, so that its index is needed even when it is purged. */
  private static final String HELD = StandingMachines.onTemplate("t.id");

  /** The store {@code :store} has the template {@code t}, or is to have it. */
  static final String IN_STORE =
      """
      (t.store = :store OR EXISTS (
        SELECT 1 FROM template_copy c
        WHERE c.template_id = t.id AND c.store = :store AND c.is_lost = 0))
      """;

  /** Something needs the template's index. */
  private static final String IS_NEEDED = "(t.dt_purged IS NULL OR " + HELD + ")";

  private static final String NEEDED =
      """
      SELECT t.id, t.name, t.team_id, team.name AS team, t.state, t.index_digest, t.dt_deleted,
        %s AS held
      FROM template t LEFT JOIN team ON team.id = t.team_id
      WHERE %s
      """
          .formatted(HELD, IS_NEEDED);

  /** What a template is read of; see {@link PageQuery#columns}. */
  private static final String COLUMNS =
      """
      id, team_id, parent_machine_id, name, state, region, agent_type, os_label, architecture, firmware,
      disk_bytes, index_digest, source_path, source_format, dt_created, dt_deleted""";

  /** Each column of each row takes time, and a list shows less than there is. */
  private static final String LISTED =
      """
      o.id, o.team_id, o.parent_machine_id, o.name, o.state, o.region, o.agent_type, o.os_label,
      o.architecture, o.firmware, o.disk_bytes, o.dt_created""";

  private final PageQuery<Template> custom;
  private final PageQuery<Template> deleted;
  private final PageQuery<Template> os;

  public TemplateRepository(Cursors cursors) {
    custom =
        new PageQuery<>(
            "template",
            LISTED,
            Map.of(
                "dtCreated", SortKey.time("dt_created"),
                "name", SortKey.movingText("name", NAME_MOVES)),
            TemplateRepository::listed,
            cursors);
    deleted =
        new PageQuery<>(
            "template",
            LISTED + ", o.dt_deleted",
            Map.of(
                "dtCreated",
                SortKey.time("dt_created"),
                "name",
                SortKey.movingText("name", NAME_MOVES)),
            row -> map(row, null, null, row.timeOrNull("dt_deleted")),
            cursors);
    os =
        new PageQuery<>(
            "template",
            LISTED,
            Map.of("name", SortKey.movingText("name", NAME_MOVES)),
            TemplateRepository::listed,
            cursors);
  }

  private static Template map(Row row) throws SQLException {
    String path = row.textOrNull("source_path");
    var source =
        path == null
            ? null
            : new Disk.Adopted(Path.of(path), DiskFormat.parse(row.text("source_format")));
    return map(row, row.textOrNull("index_digest"), source, row.timeOrNull("dt_deleted"));
  }

  /** As {@link #map(Row)}, without what no list shows; nothing that is deleted is in one. */
  private static Template listed(Row row) throws SQLException {
    return map(row, null, null, null);
  }

  private static Template map(
      Row row,
      @Nullable String indexDigest,
      Disk.@Nullable Adopted source,
      @Nullable Instant dtDeleted)
      throws SQLException {
    return new Template(
        row.text("id"),
        row.textOrNull("team_id"),
        row.textOrNull("parent_machine_id"),
        row.text("name"),
        TemplateState.valueOf(row.text("state").toUpperCase(Locale.ROOT)),
        row.text("region"),
        new OperatingSystem(
            row.text("agent_type"),
            row.text("os_label"),
            row.text("architecture"),
            row.text("firmware")),
        row.number("disk_bytes"),
        indexDigest,
        source,
        row.time("dt_created"),
        dtDeleted);
  }

  public Page<Template> listCustom(Queries queries, ListRequest request, List<Filter> filters) {
    return custom.fetch(queries, request, filters);
  }

  /** Custom templates that can be undeleted. */
  Page<Template> listDeleted(Queries queries, ListRequest request, List<Filter> filters) {
    return deleted.fetch(queries, request, filters);
  }

  public Page<Template> listOs(Queries queries, ListRequest request, List<Filter> filters) {
    return os.fetch(queries, request, filters);
  }

  public List<Template> listAll(Handle handle) {
    return handle
        .createQuery(
            """
            SELECT %s FROM template WHERE dt_deleted IS NULL AND is_snapshot = 0
            ORDER BY team_id, dt_created, id
            """
                .formatted(COLUMNS))
        .map((row, context) -> map(Row.of(row)))
        .list();
  }

  /** OS templates that are not deleted, by their names. */
  List<Template> listAllOs(Handle handle) {
    return handle
        .createQuery(
            "SELECT "
                + COLUMNS
                + " FROM template WHERE team_id IS NULL AND dt_deleted IS NULL ORDER BY name, id")
        .map((row, context) -> map(Row.of(row)))
        .list();
  }

  /** OS templates that can be undeleted, by their names. */
  List<Template> listDeletedOs(Handle handle) {
    return handle
        .createQuery(
            """
            SELECT %s FROM template
            WHERE team_id IS NULL AND dt_deleted IS NOT NULL AND dt_purged IS NULL
            ORDER BY name, id
            """
                .formatted(COLUMNS))
        .map((row, context) -> map(Row.of(row)))
        .list();
  }

  /** The id, where it is that of an import which failed. */
  List<String> failedImports(Handle handle, String id) {
    return handle
        .createQuery(
            "SELECT id FROM template WHERE id = :id AND team_id IS NULL AND state = 'failed'")
        .bind("id", id)
        .mapTo(String.class)
        .list();
  }

  /**
   * Forgets an import that failed, so that its id can be chosen again.
   *
   * @return the number of its last change; empty where there was no such import
   */
  OptionalLong removeFailedImport(Handle handle, String id) {
    return handle
        .createQuery(
            """
            DELETE FROM template WHERE id = :id AND team_id IS NULL AND state = 'failed'
            RETURNING manifest_number
            """)
        .bind("id", id)
        .mapTo(Long.class)
        .findOne()
        .map(OptionalLong::of)
        .orElseGet(OptionalLong::empty);
  }

  /** How many machines' disks stand on a template's base image. */
  int machinesOn(Handle handle, String id) {
    return handle
        .createQuery("SELECT " + StandingMachines.countOnTemplate(":id"))
        .bind("id", id)
        .mapTo(Integer.class)
        .one();
  }

  /** A template that is not deleted, of any team. */
  public Optional<Template> find(Handle handle, String id) {
    return find(handle, id, " AND is_snapshot = 0");
  }

  /** As {@link #find(Handle, String)}, or a snapshot: a machine can be launched from both. */
  Optional<Template> findToLaunch(Handle handle, String id) {
    return find(handle, id, "");
  }

  /** A template that is deleted, of any team, and can be undeleted. */
  Optional<Template> findDeleted(Handle handle, String id) {
    return findWhere(
        handle, id, "dt_deleted IS NOT NULL AND dt_purged IS NULL AND is_snapshot = 0");
  }

  private static Optional<Template> find(Handle handle, String id, String condition) {
    return findWhere(handle, id, "dt_deleted IS NULL" + condition);
  }

  private static Optional<Template> findWhere(Handle handle, String id, String condition) {
    if (!Ids.isId(id)) {
      return Optional.empty();
    }
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM template WHERE id = :id AND " + condition)
        .bind("id", id)
        .map((row, context) -> map(Row.of(row)))
        .findOne();
  }

  /** As {@link #find(Handle, String)}, for clients that poll. */
  Optional<Template> find(Queries queries, String id) {
    return Ids.isId(id)
        ? queries.find(
            "SELECT "
                + COLUMNS
                + " FROM template WHERE id = ? AND is_snapshot = 0 AND dt_deleted IS NULL",
            List.of(id),
            TemplateRepository::map)
        : Optional.empty();
  }

  /** Inserts a template. False where there is, or was, one with its id. */
  public boolean insert(Handle handle, Template template) {
    var source = template.source();
    return handle
            .createUpdate(
                """
            INSERT INTO template (id, team_id, parent_machine_id, name, name_folded, state, agent_type,
              os_label, region, architecture, firmware, disk_bytes, source_path, source_format, store,
              dt_created, parent_template_id)
            VALUES (:id, :team, :machine, :name, :folded, :state, :agent,
              :os, :region, :architecture, :firmware, :bytes, :path, :format,
              COALESCE((SELECT n.store FROM machine m JOIN node n ON n.name = m.node WHERE m.id = :machine), ''),
              :created,
              (SELECT base_template_id FROM machine WHERE id = :machine))
            ON CONFLICT (id) DO NOTHING
            """)
            .bind("id", template.id())
            .bind("team", template.teamId())
            .bind("machine", template.parentMachineId())
            .bind("name", template.name())
            .bind("folded", ObjectName.fold(template.name()))
            .bind("state", column(template.state()))
            .bind("agent", template.os().agentType())
            .bind("os", template.os().label())
            .bind("region", template.region())
            .bind("architecture", template.os().architecture())
            .bind("firmware", template.os().firmware())
            .bind("bytes", template.diskBytes())
            .bind("path", source == null ? null : source.path().toString())
            .bind("format", source == null ? null : source.format().label())
            .bind("created", template.dtCreated().toEpochMilli())
            .execute()
        == 1;
  }

  /** Says which store a template is in that is of no machine. */
  void putIn(Handle handle, String id, String store) {
    handle
        .createUpdate("UPDATE template SET store = :store WHERE id = :id")
        .bind("id", id)
        .bind("store", store)
        .execute();
  }

  private static String column(TemplateState state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Renames a template that is not deleted.
   *
   * @param teamId empty for an OS template
   * @param version from {@link SortKeyHistory#begin} in the same transaction
   */
  public void rename(
      Handle handle, String teamId, long version, Template template, String name, Instant now) {
    SortKeyHistory.record(handle, teamId, version, NAME_MOVES, template.id(), template.name(), now);
    handle
        .createUpdate(
            "UPDATE template SET name = :name, name_folded = :folded WHERE id = :id AND dt_deleted IS NULL")
        .bind("id", template.id())
        .bind("name", name)
        .bind("folded", ObjectName.fold(name))
        .execute();
    ManifestChanges.changed(handle, template.id());
  }

  /** As {@link #complete(Handle, String, long, String, long)}, where the store has no numbers. */
  public void complete(Handle handle, String id, long diskBytes, String indexDigest) {
    complete(handle, id, diskBytes, indexDigest, 0);
  }

  /**
   * Makes a template available, unless part of it has been found lost already.
   *
   * @param session the number of the one that made its index; 0 where the store has no numbers
   */
  public void complete(Handle handle, String id, long diskBytes, String indexDigest, long session) {
    handle
        .createUpdate(
            """
            UPDATE template SET state = CASE WHEN damage IS NULL THEN 'available' ELSE 'damaged' END,
              disk_bytes = :bytes, index_digest = :digest, index_session = NULLIF(:session, 0)
            WHERE id = :id AND dt_deleted IS NULL
            """)
        .bind("id", id)
        .bind("bytes", diskBytes)
        .bind("digest", indexDigest)
        .bind("session", session)
        .execute();
    ManifestChanges.changed(handle, id);
  }

  /** Takes a template whose capture failed out of the lists, for good. */
  public void fail(Handle handle, String id, Instant now) {
    handle
        .createUpdate(
            """
            UPDATE template SET state = 'failed', dt_deleted = :now, dt_purged = :now
            WHERE id = :id AND dt_deleted IS NULL
            """)
        .bind("id", id)
        .bind("now", now.toEpochMilli())
        .execute();
    ManifestChanges.changed(handle, id);
  }

  /**
   * Marks a template, deleted or not, as damaged in the store that it was captured into.
   *
   * @param damage what is lost, in words
   * @param chunk one of the chunks that are lost, in hexadecimal; null where the index itself is
   * @param isElsewhere as of {@link #isElsewhere}: it can be launched still
   */
  public void damage(
      Handle handle, String id, String damage, @Nullable String chunk, boolean isElsewhere) {
    handle
        .createUpdate(
            """
            UPDATE template SET damage = :damage, damaged_chunk = :chunk,
              state = CASE WHEN state = 'capturing' THEN state ELSE :state END
            WHERE id = :id AND state IN ('available', 'damaged', 'capturing')
            """)
        .bind("state", column(isElsewhere ? TemplateState.AVAILABLE : TemplateState.DAMAGED))
        .bind("id", id)
        .bind("damage", damage)
        .bind("chunk", chunk)
        .execute();
  }

  /** Says what is lost by now of a template that is marked as damaged. */
  public void stillDamaged(Handle handle, String id, String damage, @Nullable String chunk) {
    handle
        .createUpdate(
            """
            UPDATE template SET damage = :damage, damaged_chunk = :chunk
            WHERE id = :id AND damage IS NOT NULL
            """)
        .bind("id", id)
        .bind("damage", damage)
        .bind("chunk", chunk)
        .execute();
  }

  /** Says that a template is whole again. */
  public void heal(Handle handle, String id) {
    handle
        .createUpdate(
            """
            UPDATE template SET damage = NULL, damaged_chunk = NULL,
              state = CASE WHEN state = 'damaged' THEN 'available' ELSE state END
            WHERE id = :id AND damage IS NOT NULL
            """)
        .bind("id", id)
        .execute();
  }

  /** What is wrong with a template; empty where nothing is known to be. */
  public Optional<Damage> damage(Handle handle, String id) {
    return handle
        .createQuery(
            "SELECT id, damage, damaged_chunk FROM template WHERE id = :id AND damage IS NOT NULL")
        .bind("id", id)
        .map((row, context) -> damage(row))
        .findOne();
  }

  /** All of a store that are damaged and needed. */
  public List<Damage> damaged(Handle handle, String store) {
    return handle
        .createQuery(
            """
            SELECT id, damage, damaged_chunk FROM template t
            WHERE damage IS NOT NULL AND store = :store AND %s
            ORDER BY id
            """
                .formatted(IS_NEEDED))
        .bind("store", store)
        .map((row, context) -> damage(row))
        .list();
  }

  private static Damage damage(ResultSet row) throws SQLException {
    return new Damage(row.getString("id"), row.getString("damage"), row.getString("damaged_chunk"));
  }

  /**
   * Templates whose index something needs, as of one moment: those that are not purged, those that
   * are being captured among them, and purged ones that machines' disks are based on.
   *
   * @param store the one that they are in
   * @param after only those whose ids are greater, in the order of their ids
   * @param limit at most so many
   */
  public List<NeededTemplate> needed(Handle handle, String store, String after, int limit) {
    return needed(
        handle
            .createQuery(
                NEEDED + " AND " + IN_STORE + " AND t.id > :after ORDER BY t.id LIMIT :limit")
            .bind("store", store)
            .bind("after", after)
            .bind("limit", limit));
  }

  /**
   * As above, those of one team.
   *
   * @param team its id; empty for OS templates
   */
  public List<NeededTemplate> needed(
      Handle handle, String store, String team, String after, int limit) {
    return needed(
        handle
            .createQuery(
                NEEDED
                    + " AND "
                    + IN_STORE
                    + " AND COALESCE(t.team_id, '') = :team AND t.id > :after ORDER BY t.id LIMIT :limit")
            .bind("store", store)
            .bind("team", team)
            .bind("after", after)
            .bind("limit", limit));
  }

  /** Those of these templates that are in this store, and whose index something needs. */
  public List<NeededTemplate> needed(Handle handle, String store, List<String> ids) {
    return ids.isEmpty()
        ? List.of()
        : needed(
            handle
                .createQuery(NEEDED + " AND " + IN_STORE + " AND t.id IN (<ids>)")
                .bind("store", store)
                .bindList("ids", ids));
  }

  private static List<NeededTemplate> needed(Query query) {
    return query
        .map(
            (row, context) -> {
              row.getLong("dt_deleted");
              boolean deleted = !row.wasNull();
              return new NeededTemplate(
                  row.getString("id"),
                  row.getString("name"),
                  row.getString("team_id"),
                  row.getString("team"),
                  row.getString("state").equals("capturing"),
                  row.getString("index_digest"),
                  deleted,
                  row.getBoolean("held"));
            })
        .list();
  }

  /**
   * Locks a template's row, so that it is not purged before the caller's transaction has ended.
   *
   * @param digest the SHA-256 of its index, in hexadecimal
   * @return whether anything needs that index
   */
  public boolean lockNeeded(Handle handle, String id, String digest) {
    return handle
                .createUpdate(
                    "UPDATE template SET state = state WHERE id = :id AND index_digest = :digest")
                .bind("id", id)
                .bind("digest", digest)
                .execute()
            == 1
        && isNeeded(handle, id);
  }

  /** Whether a template was captured into this store, and is no copy there. */
  public boolean isOf(Handle handle, String id, String store) {
    return handle
        .createQuery("SELECT EXISTS (SELECT 1 FROM template WHERE id = :id AND store = :store)")
        .bind("id", id)
        .bind("store", store)
        .mapTo(Boolean.class)
        .one();
  }

  /**
   * Whether what a store has lost of a template can be had anew: another store has the template,
   * which a node uses or all nodes can read, and where it is not known to be damaged.
   *
   * @param readable the stores that all nodes can read
   */
  public boolean isElsewhere(Handle handle, String id, String store, Set<String> readable) {
    boolean isDamaged = damage(handle, id).isPresent();
    return TemplateCopies.stores(handle, id).stream()
        .filter(other -> !other.equals(store))
        .filter(other -> !isDamaged || !isOf(handle, id, other))
        .anyMatch(other -> readable.contains(other) || isUsed(handle, other));
  }

  private static boolean isUsed(Handle handle, String store) {
    return handle
        .createQuery("SELECT EXISTS (SELECT 1 FROM node WHERE store = :store)")
        .bind("store", store)
        .mapTo(Boolean.class)
        .one();
  }

  /** Has a template whose own store is gone be in the one that has a copy of it. */
  public void moveToCopy(Handle handle, String id, String store) {
    handle
        .createUpdate(
            """
            UPDATE template SET store = :store, index_session = (
              SELECT index_session FROM template_copy WHERE template_id = :id AND store = :store)
            WHERE id = :id
            """)
        .bind("id", id)
        .bind("store", store)
        .execute();
    handle
        .createUpdate("DELETE FROM template_copy WHERE template_id = :id AND store = :store")
        .bind("id", id)
        .bind("store", store)
        .execute();
  }

  /**
   * Forgets the copy of a template in a store, of which something is lost: it is copied anew where
   * it is needed.
   */
  public void forgetCopy(Handle handle, String id, String store) {
    handle
        .createUpdate(
            "UPDATE template_copy SET is_lost = 1 WHERE template_id = :id AND store = :store")
        .bind("id", id)
        .bind("store", store)
        .execute();
  }

  /** Whether anything needs the index of a template. */
  public boolean isNeeded(Handle handle, String id) {
    return handle
        .createQuery(
            "SELECT EXISTS (SELECT 1 FROM template t WHERE t.id = :id AND %s)".formatted(IS_NEEDED))
        .bind("id", id)
        .mapTo(Boolean.class)
        .one();
  }

  /**
   * Purged templates, of those named, whose index nothing needs any more: no machine's disk is
   * based on it.
   */
  public List<String> unused(Handle handle, List<String> ids) {
    if (ids.isEmpty()) {
      return List.of();
    }
    return handle
        .createQuery(
            """
            SELECT id FROM template t
            WHERE id IN (<ids>) AND NOT %s
            """
                .formatted(IS_NEEDED))
        .bindList("ids", ids)
        .mapTo(String.class)
        .list();
  }
}
