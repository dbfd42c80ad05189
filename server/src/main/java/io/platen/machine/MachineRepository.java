package io.platen.machine;

import io.platen.database.Queries;
import io.platen.database.Row;
import io.platen.database.Timestamps;
import io.platen.disk.DiskFormat;
import io.platen.model.Ids;
import io.platen.model.ObjectName;
import io.platen.model.OperatingSystem;
import io.platen.model.Refusal;
import io.platen.paging.Cursors;
import io.platen.paging.Filter;
import io.platen.paging.ListRequest;
import io.platen.paging.Page;
import io.platen.paging.PageQuery;
import io.platen.paging.SortKey;
import io.platen.paging.SortKeyHistory;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Machines in the database. */
public final class MachineRepository {
  private static final String NAME_MOVES = "machine.name";
  private static final String STATE_MOVES = "machine.state";

  /** What a machine is read of; see {@link PageQuery#columns}. */
  private static final String COLUMNS =
      """
      id, team_id, name, state, region, machine_type, agent_type, os_label, architecture, firmware,
      disk_bytes, disk_path, disk_format, disk_file_bytes, disk_target, base_template_id, base_digest,
      network_id, private_ip, public_ip_dynamic, static_ip, public_address, domain, startup_script_id,
      auto_snapshot_enabled, auto_snapshot_frequency, auto_snapshot_save_count, auto_shutdown_enabled,
      auto_shutdown_timeout, auto_shutdown_force, node, disk_used, dt_created, dt_modified, dt_deleted""";

  private final PageQuery<Machine> pages;

  public MachineRepository(Cursors cursors) {
    pages =
        new PageQuery<>(
            "machine",
            PageQuery.columns(COLUMNS),
            Map.of(
                "dtCreated", SortKey.time("dt_created"),
                "name", SortKey.movingText("name", NAME_MOVES),
                "state", SortKey.movingText("state", STATE_MOVES)),
            MachineRepository::map,
            cursors);
  }

  private static Machine map(Row row) throws SQLException {
    return new Machine(
        row.text("id"),
        row.text("team_id"),
        row.text("name"),
        MachineState.of(row.text("state")),
        row.text("region"),
        row.text("machine_type"),
        new OperatingSystem(
            row.text("agent_type"),
            row.text("os_label"),
            row.text("architecture"),
            row.text("firmware")),
        disk(row),
        new MachineNetwork(
            row.textOrNull("network_id"),
            row.textOrNull("private_ip"),
            MachinePublicIps.address(row.result())),
        new Guest(row.textOrNull("domain"), row.textOrNull("startup_script_id")),
        AutomationRows.map(row.result()),
        new MachineHost(row.text("node"), row.number("disk_used")),
        row.time("dt_created"),
        row.time("dt_modified"),
        row.timeOrNull("dt_deleted"));
  }

  private static MachineDisk disk(Row row) throws SQLException {
    String path = row.textOrNull("disk_path");
    String baseTemplate = row.textOrNull("base_template_id");
    return new MachineDisk(
        row.number("disk_bytes"),
        path == null
            ? null
            : new AdoptedDisk(
                Path.of(path),
                DiskFormat.parse(row.text("disk_format")),
                row.number("disk_file_bytes"),
                row.textOrNull("disk_target")),
        baseTemplate == null ? null : new BaseTemplate(baseTemplate, row.text("base_digest")));
  }

  public Page<Machine> list(Queries queries, ListRequest request, List<Filter> filters) {
    return pages.fetch(queries, request, filters);
  }

  public List<Machine> listAll(Handle handle) {
    return handle
        .createQuery(
            "SELECT "
                + COLUMNS
                + " FROM machine WHERE dt_deleted IS NULL ORDER BY team_id, dt_created, id")
        .map((row, context) -> map(Row.of(row)))
        .list();
  }

  /** Those that a node has. */
  public List<Machine> listOn(Handle handle, String node) {
    return handle
        .createQuery(
            """
            SELECT %s FROM machine WHERE dt_removed IS NULL AND dt_deleted IS NULL AND node = :node
            ORDER BY team_id, dt_created, id
            """
                .formatted(COLUMNS))
        .bind("node", node)
        .map((row, context) -> map(Row.of(row)))
        .list();
  }

  /** The node that has a machine, deleted or not; empty where the database has one node only. */
  public String nodeOf(Handle handle, String id) {
    return handle
        .createQuery("SELECT node FROM machine WHERE id = :id")
        .bind("id", id)
        .mapTo(String.class)
        .findOne()
        .orElse("");
  }

  /** Notes what the disk of a machine takes on its node, in bytes. */
  void noteDiskUsed(Handle handle, String node, String id, long bytes) {
    handle
        .createUpdate("UPDATE machine SET disk_used = :bytes WHERE id = :id AND node = :node")
        .bind("id", id)
        .bind("node", node)
        .bind("bytes", bytes)
        .execute();
  }

  /** Gives a machine to a node. */
  void putOn(Handle handle, String id, String node) {
    handle
        .createUpdate("UPDATE machine SET node = :node WHERE id = :id")
        .bind("id", id)
        .bind("node", node)
        .execute();
  }

  /** A machine that is not deleted, of any team. */
  public Optional<Machine> find(Handle handle, String id) {
    if (!Ids.isId(id)) {
      return Optional.empty();
    }
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM machine WHERE id = :id AND dt_deleted IS NULL")
        .bind("id", id)
        .map((row, context) -> map(Row.of(row)))
        .findOne();
  }

  /** As {@link #find(Handle, String)}, deleted or not. */
  Optional<Machine> findAny(Handle handle, String id) {
    if (!Ids.isId(id)) {
      return Optional.empty();
    }
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM machine WHERE id = :id")
        .bind("id", id)
        .map((row, context) -> map(Row.of(row)))
        .findOne();
  }

  /** As {@link #find(Handle, String)}, for clients that poll. */
  Optional<Machine> find(Queries queries, String id) {
    return Ids.isId(id)
        ? queries.find(
            "SELECT " + COLUMNS + " FROM machine WHERE id = ? AND dt_deleted IS NULL",
            List.of(id),
            MachineRepository::map)
        : Optional.empty();
  }

  /**
   * The machine that a job is for.
   *
   * @throws IOException where it was deleted meanwhile
   */
  public Machine require(Handle handle, String id) throws IOException {
    return find(handle, id)
        .orElseThrow(() -> new IOException("the machine " + id + " was deleted"));
  }

  /**
   * A team's machine; no other transaction changes it, or begins anything for it, before this one
   * ends.
   *
   * @throws Refusal NOT_FOUND where the team has no such machine
   */
  public Machine lock(Handle handle, String teamId, String id) {
    if (!Ids.isId(id)) {
      throw Refusal.notFound("machine", id);
    }
    return lockAny(handle, id)
        .filter(machine -> machine.teamId().equals(teamId))
        .orElseThrow(() -> Refusal.notFound("machine", id));
  }

  /** As {@link #lock}, of any team. */
  public Optional<Machine> lockAny(Handle handle, String id) {
    // An update locks the row on every database; SQLite knows no FOR UPDATE.
    handle
        .createUpdate("UPDATE machine SET dt_modified = dt_modified WHERE id = :id")
        .bind("id", id)
        .execute();
    return find(handle, id);
  }

  /** As {@link #insert(Handle, Machine, String)}, in a database that has one node only. */
  public void insert(Handle handle, Machine machine) {
    insert(handle, machine, "");
  }

  /**
   * Inserts a machine.
   *
   * @param node the one that has it
   */
  public void insert(Handle handle, Machine machine, String node) {
    var adopted = machine.disk().adopted();
    var base = machine.disk().base();
    handle
        .createUpdate(
            """
            INSERT INTO machine (id, team_id, name, name_folded, state, machine_type, agent_type, os_label, region,
              architecture, firmware, disk_bytes, disk_path, disk_format, disk_file_bytes, disk_target,
              base_template_id, base_digest, domain, network_id, public_ip_dynamic, static_ip, startup_script_id,
              node, dt_created, dt_modified)
            VALUES (:id, :team, :name, :folded, :state, :type, :agent, :os, :region,
              :architecture, :firmware, :bytes, :path, :format, :fileBytes, :target,
              :base, :digest, :domain, :network, :dynamic, :static, :script, :node, :created, :modified)
            """)
        .bind("id", machine.id())
        .bind("team", machine.teamId())
        .bind("name", machine.name())
        .bind("folded", ObjectName.fold(machine.name()))
        .bind("state", machine.state().label())
        .bind("type", machine.machineType())
        .bind("agent", machine.os().agentType())
        .bind("os", machine.os().label())
        .bind("region", machine.region())
        .bind("architecture", machine.os().architecture())
        .bind("firmware", machine.os().firmware())
        .bind("bytes", machine.disk().bytes())
        .bind("path", adopted == null ? null : adopted.path().toString())
        .bind("format", adopted == null ? null : adopted.format().label())
        .bind("fileBytes", adopted == null ? 0 : adopted.bytes())
        .bind("target", adopted == null ? null : adopted.target())
        .bind("base", base == null ? null : base.templateId())
        .bind("digest", base == null ? null : base.indexDigest())
        .bind("domain", machine.guest().domain())
        .bind("network", machine.network().networkId())
        .bind("dynamic", machine.network().publicAddress().dynamic() ? 1 : 0)
        .bind("static", machine.network().publicAddress().reserved())
        .bind("script", machine.guest().startupScriptId())
        .bind("node", node)
        .bind("created", machine.dtCreated().toEpochMilli())
        .bind("modified", machine.dtModified().toEpochMilli())
        .execute();
  }

  /**
   * Renames a machine.
   *
   * @param version from {@link SortKeyHistory#begin} in the same transaction
   */
  public void rename(Handle handle, long version, Machine machine, String name, Instant now) {
    SortKeyHistory.record(
        handle, machine.teamId(), version, NAME_MOVES, machine.id(), machine.name(), now);
    handle
        .createUpdate(
            "UPDATE machine SET name = :name, name_folded = :folded, dt_modified = :now WHERE id = :id")
        .bind("id", machine.id())
        .bind("name", name)
        .bind("folded", ObjectName.fold(name))
        .bind("now", now.toEpochMilli())
        .execute();
  }

  public void changeType(Handle handle, String id, String machineType, Instant now) {
    handle
        .createUpdate("UPDATE machine SET machine_type = :type, dt_modified = :now WHERE id = :id")
        .bind("id", id)
        .bind("type", machineType)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  /** Changes the state of a machine, unless it is deleted. */
  public void changeState(Handle handle, String id, MachineState state, Instant now) {
    var before = find(handle, id);
    if (before.isEmpty()) {
      return;
    }
    String teamId = before.get().teamId();
    long version = SortKeyHistory.begin(handle, teamId);
    var machine = lock(handle, teamId, id);
    SortKeyHistory.record(handle, teamId, version, STATE_MOVES, id, machine.state().label(), now);
    handle
        .createUpdate(
            """
            UPDATE machine SET state = :state, dt_modified = :now,
              running_since = CASE WHEN :state = 'ready' THEN COALESCE(running_since, :now)
                WHEN :state = 'upgrading' THEN running_since END,
              idle_since = CASE WHEN :state IN ('ready', 'upgrading') THEN idle_since END,
              agent_answers = CASE WHEN :state IN ('ready', 'upgrading') THEN agent_answers ELSE 0 END
            WHERE id = :id
            """)
        .bind("id", id)
        .bind("state", state.label())
        .bind("now", now.toEpochMilli())
        .execute();
  }

  /** Notes that a launch ends with a start. */
  public void startOnCreate(Handle handle, String id) {
    handle
        .createUpdate("UPDATE machine SET start_on_create = 1 WHERE id = :id")
        .bind("id", id)
        .execute();
  }

  /** Whether a launch ends with a start. */
  public boolean startsOnCreate(Handle handle, String id) {
    return handle
        .createQuery("SELECT start_on_create FROM machine WHERE id = :id")
        .bind("id", id)
        .mapTo(Integer.class)
        .findOne()
        .filter(start -> start == 1)
        .isPresent();
  }

  /** Changes the size of a machine's disk, in bytes. */
  public void changeDisk(Handle handle, String id, long bytes, Instant now) {
    handle
        .createUpdate("UPDATE machine SET disk_bytes = :bytes, dt_modified = :now WHERE id = :id")
        .bind("id", id)
        .bind("bytes", bytes)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  /**
   * Notes what the disk of an adopted machine was found to be.
   *
   * @param bytes the size of the disk
   */
  public void changeAdopted(
      Handle handle, String id, AdoptedDisk adopted, long bytes, Instant now) {
    handle
        .createUpdate(
            """
            UPDATE machine SET disk_bytes = :bytes, disk_file_bytes = :fileBytes, disk_target = :target,
              dt_modified = :now
            WHERE id = :id
            """)
        .bind("id", id)
        .bind("bytes", bytes)
        .bind("fileBytes", adopted.bytes())
        .bind("target", adopted.target())
        .bind("now", now.toEpochMilli())
        .execute();
  }

  /**
   * Notes the addresses of a machine; null for what it has none of.
   *
   * @param privateIp on its network
   * @param publicAddress of its second card
   */
  public void changeAddresses(
      Handle handle, String id, @Nullable String privateIp, @Nullable String publicAddress) {
    handle
        .createUpdate(
            "UPDATE machine SET private_ip = :private, public_address = :public WHERE id = :id")
        .bind("id", id)
        .bind("private", privateIp)
        .bind("public", publicAddress)
        .execute();
  }

  public void delete(Handle handle, String id, Instant now) {
    handle
        .createUpdate(
            "UPDATE machine SET dt_deleted = :now, dt_modified = :now WHERE id = :id AND dt_deleted IS NULL")
        .bind("id", id)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  /**
   * Whether the disk of a machine of this node stands, or is about to stand, on the base image of
   * this index; that of a deleted machine does until it is removed.
   */
  public boolean standsOn(Handle handle, String node, String indexDigest) {
    return handle
        .createQuery("SELECT " + StandingMachines.onBaseImage(":digest", ":node"))
        .bind("digest", indexDigest)
        .bind("node", node)
        .mapTo(Boolean.class)
        .one();
  }

  /** Notes what a machine's disk is about to stand on, beside what it stands on. */
  public void expect(Handle handle, String id, BaseTemplate other) {
    other(handle, id, other);
  }

  /**
   * Notes that a machine's disk stands on what was expected, and that the disk before it is kept;
   * or that this one has taken its place again.
   */
  public void exchange(Handle handle, String id, Instant now) {
    handle
        .createUpdate(
            """
            UPDATE machine SET base_template_id = other_template_id, base_digest = other_digest,
              other_template_id = base_template_id, other_digest = base_digest, dt_modified = :now
            WHERE id = :id AND other_template_id IS NOT NULL
            """)
        .bind("id", id)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  /** Notes that a machine stands on nothing but its base. */
  public void forgetOther(Handle handle, String id) {
    other(handle, id, null);
  }

  private static void other(Handle handle, String id, @Nullable BaseTemplate other) {
    handle
        .createUpdate(
            "UPDATE machine SET other_template_id = :template, other_digest = :digest WHERE id = :id")
        .bind("id", id)
        .bind("template", other == null ? null : other.templateId())
        .bind("digest", other == null ? null : other.indexDigest())
        .execute();
  }

  /** Machines of a node that run and are shut down by themselves some time. */
  List<AutoShutdownRule.Watched> toShutDown(Handle handle, String node) {
    return handle
        .createQuery(
            """
            SELECT %s, running_since, idle_since, idle_seen, agent_answers FROM machine
            WHERE auto_shutdown_enabled = 1 AND state = 'ready' AND dt_deleted IS NULL
              AND node = :node
            ORDER BY id
            """
                .formatted(COLUMNS))
        .bind("node", node)
        .map(
            (row, context) ->
                new AutoShutdownRule.Watched(
                    map(Row.of(row)),
                    Timestamps.orNull(row, "running_since"),
                    Timestamps.orNull(row, "idle_since"),
                    Timestamps.orNull(row, "idle_seen"),
                    row.getInt("agent_answers") == 1))
        .list();
  }

  /** Notes how a machine that runs is used. */
  void noteUse(Handle handle, AutoShutdownRule.Watched watched) {
    handle
        .createUpdate(
            """
            UPDATE machine SET running_since = :running, idle_since = :idle, idle_seen = :seen,
              agent_answers = :answers
            WHERE id = :id AND state = 'ready'
            """)
        .bind("id", watched.machine().id())
        .bind("running", millis(watched.runningSince()))
        .bind("idle", millis(watched.idleSince()))
        .bind("seen", millis(watched.idleSeen()))
        .bind("answers", watched.agentAnswers() ? 1 : 0)
        .execute();
  }

  /**
   * Has machines of a node that run since before a time run since later by so much.
   *
   * @return how many
   */
  int ranSinceLater(Handle handle, String node, Instant before, Duration by) {
    return handle
        .createUpdate(
            """
            UPDATE machine SET running_since = running_since + :by
            WHERE state = 'ready' AND dt_deleted IS NULL AND node = :node AND running_since <= :before
            """)
        .bind("by", by.toMillis())
        .bind("node", node)
        .bind("before", before.toEpochMilli())
        .execute();
  }

  private static @Nullable Long millis(@Nullable Instant time) {
    return time == null ? null : time.toEpochMilli();
  }

  /**
   * Machines of a node that run, with nothing under way, while a disk that they had before is kept.
   */
  public List<String> runningWithOther(Handle handle, String node) {
    return handle
        .createQuery(
            """
            SELECT id FROM machine m
            WHERE other_template_id IS NOT NULL AND state = 'ready' AND dt_deleted IS NULL AND node = :node
              AND NOT EXISTS (
                SELECT 1 FROM event e WHERE e.machine_id = m.id AND e.dt_finished IS NULL)
            """)
        .bind("node", node)
        .mapTo(String.class)
        .list();
  }

  /**
   * The templates, or snapshots, that a machine's disk and the one that is kept of it stand on,
   * whether or not the machine is deleted.
   */
  public List<String> baseTemplates(Handle handle, String id) {
    return handle
        .createQuery(
            """
            SELECT base_template_id FROM machine WHERE id = :id AND base_template_id IS NOT NULL
            UNION SELECT other_template_id FROM machine WHERE id = :id AND other_template_id IS NOT NULL
            """)
        .bind("id", id)
        .mapTo(String.class)
        .list();
  }
}
