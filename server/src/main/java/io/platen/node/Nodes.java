package io.platen.node;

import io.platen.database.Database;
import io.platen.database.DatabaseClaim;
import io.platen.database.Dialect;
import io.platen.model.Refusal;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The nodes of a database. SQLite has one, which is never asked about. */
public final class Nodes {
  /** A node without a sign of life for longer than this is silent. */
  public static final Duration SILENT = DatabaseClaim.SILENT;

  private final Database database;
  private final Dialect dialect;

  /** The SHA-256 of the one that this node shows; empty where it shows none. */
  private volatile String certificate = "";

  /** What was said of this node, which its row lacks where an older database was put back. */
  private volatile @Nullable String ownStore;

  private volatile @Nullable String ownAddress;

  public Nodes(Database database) {
    this.database = database;
    dialect = database.dialect();
  }

  /** Whether there can be others beside this one. */
  public boolean areSeveral() {
    return !database.node().isEmpty();
  }

  private String select() {
    return """
        SELECT n.name, n.host, n.path, n.region, n.store, n.version, n.schema_version, n.address,
          n.certificate, n.beat, n.dt_heartbeat, n.is_draining, n.has_hypervisor, n.cpus, n.memory, n.disk,
          n.used_cpus, n.used_memory, n.used_disk, n.disk_free, n.machines,
          %s - COALESCE(n.dt_heartbeat, n.dt_stopped) AS silence
        FROM node n"""
        .formatted(dialect.now());
  }

  /** All of them, by their names. */
  public List<NodeRow> list(Handle handle) {
    return handle.createQuery(select() + " ORDER BY n.name").map((row, context) -> map(row)).list();
  }

  /** One of them. */
  public Optional<NodeRow> find(Handle handle, String name) {
    return handle
        .createQuery(select() + " WHERE n.name = :name")
        .bind("name", name)
        .map((row, context) -> map(row))
        .findOne();
  }

  /**
   * As {@link #find}; nobody changes it, nor gives its sign of life, before this transaction ends.
   */
  public Optional<NodeRow> lock(Handle handle, String name) {
    return handle
        .createQuery(select() + " WHERE n.name = :name FOR UPDATE")
        .bind("name", name)
        .map((row, context) -> map(row))
        .findOne();
  }

  /** Those that may take a machine of a region, whatever they lack otherwise. */
  List<NodeRow> inRegion(Handle handle, String region) {
    return handle
        .createQuery(select() + " WHERE n.region = '' OR n.region = :region ORDER BY n.name")
        .bind("region", region)
        .map((row, context) -> map(row))
        .list();
  }

  static NodeRow map(ResultSet row) throws SQLException {
    long silence = row.getLong("silence");
    boolean everWorked = !row.wasNull();
    row.getLong("dt_heartbeat");
    boolean isStopped = row.wasNull();
    return new NodeRow(
        row.getString("name"),
        row.getString("host"),
        row.getString("path"),
        row.getString("region"),
        row.getString("store"),
        row.getString("version"),
        row.getInt("schema_version"),
        row.getString("address"),
        row.getString("certificate"),
        row.getLong("beat"),
        everWorked ? Duration.ofMillis(silence) : null,
        isStopped,
        row.getInt("is_draining") == 1,
        row.getInt("has_hypervisor") == 1,
        new NodeSize(row.getInt("cpus"), row.getLong("memory"), row.getLong("disk")),
        new NodeSize(row.getInt("used_cpus"), row.getLong("used_memory"), row.getLong("used_disk")),
        row.getLong("disk_free"),
        row.getInt("machines"));
  }

  /** Has a node take no new machines, or take them again. False where there is no such node. */
  public boolean drain(String name, boolean drains) {
    return database.transaction(
        handle ->
            handle
                    .createUpdate("UPDATE node SET is_draining = :drains WHERE name = :name")
                    .bind("name", name)
                    .bind("drains", drains ? 1 : 0)
                    .execute()
                == 1);
  }

  /**
   * Forgets a node that was stopped for good.
   *
   * @throws Refusal NOT_FOUND where there is none of this name; CONFLICT while it is at work, or
   *     anything is on it or under way there, saying what
   */
  public void remove(String name) {
    database.change(
        handle -> {
          var node = lock(handle, name).orElseThrow(() -> Refusal.notFound("node", name));
          if (node.isAlive()) {
            throw Refusal.conflict(
                "The node %s is at work; stop its server first.".formatted(name));
          }
          int machines = count(handle, "machine WHERE node = :name AND dt_removed IS NULL", name);
          if (machines > 0) {
            throw Refusal.conflict(
                "%d machines are on the node %s; delete them, and let the node remove their disks."
                    .formatted(machines, name));
          }
          int templates =
              count(
                  handle,
                  "template WHERE store = :name AND dt_purged IS NULL AND index_digest IS NOT NULL",
                  name);
          if (templates > 0) {
            throw Refusal.conflict(
                "%d templates and snapshots are in the store of the node %s alone; delete and purge them first."
                    .formatted(templates, name));
          }
          requireNothingUnderWay(handle, name);
          requireNoAddresses(handle, name);
          for (var rows :
              List.of(
                  "template_copy WHERE store",
                  "manifest_change WHERE store",
                  "node_image WHERE node",
                  "alarm WHERE node",
                  "node WHERE name")) {
            handle.createUpdate("DELETE FROM " + rows + " = :name").bind("name", name).execute();
          }
          // A directory that gets the name later has another store, without copies.
          for (var setting : List.of("store@", "store-id@", "proposed-store-id@")) {
            handle.execute("DELETE FROM setting WHERE name = ?", setting + name);
          }
          handle
              .createUpdate("UPDATE private_network SET node = '' WHERE node = :name")
              .bind("name", name)
              .execute();
        });
  }

  /** Nobody would end events of a node that is not known. */
  private static void requireNothingUnderWay(Handle handle, String name) {
    int events = count(handle, "event WHERE node = :name AND dt_finished IS NULL", name);
    if (events > 0) {
      throw Refusal.conflict(
          "%d events of the node %s have not ended; a node that is at work ends them within half a minute: try again then."
              .formatted(events, name));
    }
  }

  /** No machine could be launched with one, since it is of the network of that node. */
  private static void requireNoAddresses(Handle handle, String name) {
    List<String> addresses =
        handle
            .createQuery(
                """
                SELECT p.id || ' (team ' || t.name || ')' FROM public_ip p JOIN team t ON t.id = p.team_id
                WHERE p.node = :name ORDER BY p.id
                """)
            .bind("name", name)
            .mapTo(String.class)
            .list();
    if (!addresses.isEmpty()) {
      throw Refusal.conflict(
          "%d static addresses are of the network of the node %s; release them first: %s."
              .formatted(addresses.size(), name, String.join(", ", addresses)));
    }
  }

  private static int count(Handle handle, String what, String name) {
    return handle
        .createQuery("SELECT COUNT(*) FROM " + what)
        .bind("name", name)
        .mapTo(Integer.class)
        .one();
  }

  /**
   * Refuses work that only a silent node could do, or one that has not cleared up yet after its
   * silence.
   *
   * @param machineId whose work it is
   * @throws Refusal CONFLICT, naming the node
   */
  public void requireAlive(Handle handle, String machineId) {
    if (!areSeveral()) {
      return;
    }
    var name = nodeOf(handle, machineId);
    var node = name.flatMap(known -> find(handle, known));
    if (node.isPresent() && !node.get().isAlive()) {
      throw Refusal.conflict(
          "Machine %s is on the node %s, which %s; start that node's server, or wait for it."
              .formatted(machineId, node.get().name(), node.get().sign()));
    }
    if (hasLost(handle, machineId)) {
      throw Refusal.conflict(
          "Machine %s is on the node %s, which is back and clears up after what it left; try again in a moment."
              .formatted(machineId, name.orElse("")));
    }
  }

  private static boolean hasLost(Handle handle, String machineId) {
    return handle
        .createQuery("SELECT EXISTS (SELECT 1 FROM event WHERE machine_id = :id AND is_lost = 1)")
        .bind("id", machineId)
        .mapTo(Boolean.class)
        .one();
  }

  /** The node that has a machine. */
  public Optional<String> nodeOf(Handle handle, String machineId) {
    return handle
        .createQuery("SELECT node FROM machine WHERE id = :id AND node <> ''")
        .bind("id", machineId)
        .mapTo(String.class)
        .findOne();
  }

  /** Whether machines of a region can run on any node that is alive. */
  public boolean runMachines(String region) {
    return database.read(handle -> inRegion(handle, region)).stream()
        .anyMatch(node -> node.isAlive() && node.hasHypervisor());
  }

  /** What this node has, for those that place machines. */
  public record Report(
      String region,
      String version,
      int schemaVersion,
      boolean hasHypervisor,
      NodeSize capacity,
      long freeDisk) {}

  /**
   * Writes what this node has, and again what it {@link #uses} and where it {@link #listens}. What
   * its machines are given of it is counted by the caller.
   */
  public void report(Handle handle, Report report) {
    handle
        .createUpdate(
            """
            UPDATE node SET region = :region, version = :version, schema_version = :schema,
              store = COALESCE(:store, store), address = COALESCE(:address, address),
              certificate = :certificate, has_hypervisor = :hypervisor, cpus = :cpus, memory = :memory, disk = :disk, disk_free = :free
            WHERE name = :name
            """)
        .bind("name", database.node())
        .bind("store", ownStore)
        .bind("address", ownAddress)
        .bind("region", report.region())
        .bind("version", report.version())
        .bind("schema", report.schemaVersion())
        .bind("certificate", certificate)
        .bind("hypervisor", report.hasHypervisor() ? 1 : 0)
        .bind("cpus", report.capacity().cpus())
        .bind("memory", report.capacity().memory())
        .bind("disk", report.capacity().disk())
        .bind("free", report.freeDisk())
        .execute();
  }

  /** Writes what the machines of this node are given. The caller has locked the node. */
  void use(Handle handle, NodeSize used, int machines) {
    handle
        .createUpdate(
            """
            UPDATE node SET used_cpus = :cpus, used_memory = :memory, used_disk = :disk, machines = :machines
            WHERE name = :name
            """)
        .bind("name", database.node())
        .bind("cpus", used.cpus())
        .bind("memory", used.memory())
        .bind("disk", used.disk())
        .bind("machines", machines)
        .execute();
  }

  /**
   * Writes which store this node uses, before anything is placed here or captured.
   *
   * @param store its name in the rows of the database
   * @throws IOException where another store has that name
   */
  public void uses(String store) throws IOException {
    String taken = database.transaction(handle -> ownerOf(handle, store));
    if (taken != null) {
      throw new IOException(
          "the name \"%s\" is that of %s already; call the node, or the store in the configuration, otherwise"
              .formatted(store, taken));
    }
    database.change(
        handle ->
            handle
                .createUpdate("UPDATE node SET store = :store WHERE name = :name")
                .bind("name", database.node())
                .bind("store", store)
                .execute());
    ownStore = store;
  }

  /** Who has a store of this name that is not this node's; null where nobody has. */
  private @Nullable String ownerOf(Handle handle, String store) {
    boolean inBucket =
        handle
            .createQuery("SELECT EXISTS (SELECT 1 FROM store WHERE name = :store)")
            .bind("store", store)
            .mapTo(Boolean.class)
            .one();
    if (store.equals(database.node())) {
      return inBucket ? "a store in a bucket" : null;
    }
    boolean inDirectory =
        !inBucket
            && handle
                .createQuery(
                    "SELECT EXISTS (SELECT 1 FROM node WHERE name = :store AND store = :store)")
                .bind("store", store)
                .mapTo(Boolean.class)
                .one();
    return inDirectory ? "the node " + store + ", whose store is in its data directory" : null;
  }

  /**
   * Says which certificate this node shows from now on; it is written with the next report.
   *
   * @param sha256 in hexadecimal
   */
  public void shows(String sha256) {
    certificate = sha256;
  }

  /** Writes where other nodes reach this one. */
  public void listens(String address) {
    if (areSeveral()) {
      database.change(
          handle ->
              handle
                  .createUpdate(
                      "UPDATE node SET address = :address, certificate = :certificate WHERE name = :name")
                  .bind("certificate", certificate)
                  .bind("name", database.node())
                  .bind("address", address)
                  .execute());
      ownAddress = address;
    }
  }

  /** Writes which base images this node has. */
  void images(Collection<String> digests) {
    Set<String> before =
        database.read(
            handle ->
                handle
                    .createQuery("SELECT digest FROM node_image WHERE node = :node")
                    .bind("node", database.node())
                    .mapTo(String.class)
                    .set());
    var fresh = new HashSet<>(digests);
    fresh.removeAll(before);
    var gone = new HashSet<>(before);
    gone.removeAll(digests);
    if (fresh.isEmpty() && gone.isEmpty()) {
      return;
    }
    database.change(
        handle -> {
          change(
              handle,
              "INSERT INTO node_image (node, digest) VALUES (:node, :digest) ON CONFLICT DO NOTHING",
              fresh);
          change(handle, "DELETE FROM node_image WHERE node = :node AND digest = :digest", gone);
        });
  }

  private void change(Handle handle, String sql, Set<String> digests) {
    if (digests.isEmpty()) {
      return;
    }
    var batch = handle.prepareBatch(sql);
    digests.forEach(digest -> batch.bind("node", database.node()).bind("digest", digest).add());
    batch.execute();
  }
}
