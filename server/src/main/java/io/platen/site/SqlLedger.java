package io.platen.site;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.IndexRoot;
import io.platen.chunkstore.StoreUnavailable;
import io.platen.database.Database;
import io.platen.database.DatabaseClaim;
import io.platen.node.SeenSilence;
import io.platen.s3store.Ledger;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.HandleConsumer;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.result.ResultIterable;
import org.jdbi.v3.core.statement.EmptyHandling;
import org.jspecify.annotations.Nullable;

/**
 * The ledger of a store, in the database. A row of {@code store} orders what must not happen at
 * once: a session that reads the generation, a collection that raises it or checks its lease. An
 * update locks it on every database.
 */
final class SqlLedger implements Ledger {
  /** What nothing is noted of has no row. */
  static final String BLANK = "state IS NULL AND epoch = 0 AND is_bad = 0";

  /** How many of a machine's last images, and of what its disk stands on. */
  private static final int RELATED = 3;

  private static final int PUBLISHED = 20_000;

  /** As of a node without a sign of life. */
  private static final Duration SILENT = DatabaseClaim.SILENT;

  /** A root's index whose chunks are all there, as far as is known. */
  private static final String WHOLE_ROOT =
      "t.index_digest IS NOT NULL AND t.dt_purged IS NULL AND t.damage IS NULL";

  private final @Nullable Database database;
  private final String store;

  /** The sessions that published, by templates' ids: as much as a list of a store asks for. */
  private final Cache<String, Long> published =
      Caffeine.newBuilder().maximumSize(PUBLISHED).build();

  private final String node;
  private final SeenSilence seen;

  /**
   * @param database null where none is there: everything that would be asked is unavailable
   * @param store the name of the store
   * @param node the name of this node, as the database has it
   * @param nanoTime {@link System#nanoTime}
   */
  SqlLedger(@Nullable Database database, String store, String node, LongSupplier nanoTime) {
    this.database = database;
    this.store = store;
    this.node = node;
    seen = new SeenSilence(nanoTime);
  }

  String store() {
    return store;
  }

  /** Runs a transaction. What it throws as an {@link IOException} is passed on. */
  <R> R transaction(HandleCallback<R, IOException> work) throws IOException {
    try {
      return database().transaction(work);
    } catch (JdbiException e) {
      throw unavailable(e);
    }
  }

  void change(HandleConsumer<IOException> work) throws IOException {
    transaction(
        handle -> {
          work.useHandle(handle);
          return true;
        });
  }

  private <R> R read(HandleCallback<R, IOException> work) throws IOException {
    try {
      return database().read(work);
    } catch (JdbiException e) {
      throw unavailable(e);
    }
  }

  private Database database() throws StoreUnavailable {
    if (database == null) {
      String what = "without its database it is not known what is noted of the store's chunks";
      throw new StoreUnavailable(what, new IOException(what));
    }
    return database;
  }

  private static StoreUnavailable unavailable(JdbiException e) {
    return new StoreUnavailable(
        "the database can't be asked what is noted of the store's chunks: " + e.getMessage(), e);
  }

  @Override
  public void recover() throws IOException {
    boolean collected =
        transaction(
            handle -> {
              next(handle, "last_id = last_id");
              handle
                  .createUpdate("DELETE FROM store_session WHERE store = :store AND node = :node")
                  .bind("store", store)
                  .bind("node", node)
                  .execute();
              return handle
                  .createQuery(
                      "SELECT lease <> 0 AND lease_node = :node FROM store WHERE name = :store")
                  .bind("store", store)
                  .bind("node", node)
                  .mapTo(Boolean.class)
                  .one();
            });
    if (collected) {
      endCollection();
    }
  }

  private void endCollection() throws IOException {
    var lease = collect();
    if (lease.isPresent()) {
      lease.get().close();
    }
  }

  @Override
  public void endDeadCollection() throws IOException {
    boolean isDead =
        read(
            handle ->
                handle
                    .createQuery(
                        "SELECT EXISTS (SELECT 1 FROM store WHERE name = :store AND lease <> 0 AND %s)"
                            .formatted(isDead("lease_node")))
                    .bind("store", store)
                    .bindList(EmptyHandling.NULL_KEYWORD, "silent", silent(handle))
                    .mapTo(Boolean.class)
                    .one());
    if (isDead) {
      endCollection();
    }
  }

  /** The condition that the node whose name is in a column gives no sign of life. */
  private String isSilent(String column) throws StoreUnavailable {
    return "NOT EXISTS (SELECT 1 FROM node alive WHERE alive.name = %s AND alive.dt_heartbeat >= %s - %d)"
        .formatted(column, database().dialect().now(), SILENT.toMillis());
  }

  /**
   * The condition that the node whose name is in a column is believed dead: it gives no sign of
   * life now, and is one of those that are bound as {@code silent}.
   */
  private String isDead(String column) throws StoreUnavailable {
    return "(%s IN (<silent>) AND %s)".formatted(column, isSilent(column));
  }

  /**
   * Of the other nodes that have something under way in the store, those that this one itself has
   * seen silent. To believe a node dead wrongly costs what it has under way, and nothing else.
   */
  private List<String> silent(Handle handle) {
    return List.copyOf(seen.look(() -> beats(handle)));
  }

  private Map<String, Long> beats(Handle handle) {
    return handle
        .createQuery(
            """
            SELECT busy.node, COALESCE(n.beat, -1) AS beat
            FROM (
              SELECT node FROM store_session WHERE store = :store
              UNION SELECT lease_node FROM store WHERE name = :store AND lease <> 0
            ) busy LEFT JOIN node n ON n.name = busy.node
            WHERE busy.node <> :node
            """)
        .bind("store", store)
        .bind("node", node)
        .map((row, context) -> Map.entry(row.getString("node"), row.getLong("beat")))
        .collectToMap(Map.Entry::getKey, Map.Entry::getValue);
  }

  /**
   * Removes the sessions of other nodes that are believed dead. What such a node does afterwards
   * has no effect: it can't publish without the row.
   */
  void endDeadSessions(Handle handle) throws StoreUnavailable {
    handle
        .createUpdate(
            "DELETE FROM store_session WHERE store = :store AND " + isDead("store_session.node"))
        .bind("store", store)
        .bindList(EmptyHandling.NULL_KEYWORD, "silent", silent(handle))
        .execute();
  }

  /**
   * Ends a session in the transaction in which everybody gets to know of its image.
   *
   * @throws SessionLost where it is over already
   */
  void publish(Handle handle, long session) {
    int ended =
        handle
            .createUpdate("DELETE FROM store_session WHERE store = :store AND id = :id")
            .bind("store", store)
            .bind("id", session)
            .execute();
    if (ended == 0) {
      throw new SessionLost(store, node);
    }
  }

  @Override
  public long published(String name) throws IOException {
    Long known = published.getIfPresent(name);
    if (known != null || database == null) {
      return known == null ? UNKNOWN : known;
    }
    expect(List.of(name));
    known = published.getIfPresent(name);
    return known == null ? publishedNow(name) : known;
  }

  /** Of templates whose row names this store; what it names once it names for good. */
  @Override
  public void expect(List<String> names) throws IOException {
    var asked = names.stream().filter(name -> published.getIfPresent(name) == null).toList();
    if (asked.isEmpty() || database == null) {
      return;
    }
    read(
        handle -> {
          handle
              .createQuery(
                  "SELECT id, index_session FROM template WHERE store = :store AND index_session IS NOT NULL AND id IN (<ids>)")
              .bind("store", store)
              .bindList("ids", asked)
              .map((row, context) -> Map.entry(row.getString("id"), row.getLong("index_session")))
              .forEach(entry -> published.put(entry.getKey(), entry.getValue()));
          return true;
        });
  }

  private long publishedNow(String name) throws IOException {
    return read(
        handle ->
            handle
                .createQuery(
                    "SELECT COALESCE(index_session, 0) FROM template_in_store WHERE template_id = :id AND store = :store")
                .bind("id", name)
                .bind("store", store)
                .mapTo(Long.class)
                .findOne()
                .orElse(UNKNOWN));
  }

  @Override
  public List<Attempt> orphans(List<Attempt> attempts) throws IOException {
    return read(
        handle -> {
          // In this order, and not of one moment: what has no row is published, or never will be.
          Set<Long> open =
              handle
                  .createQuery("SELECT id FROM store_session WHERE store = :store")
                  .bind("store", store)
                  .mapTo(Long.class)
                  .set();
          Map<String, Long> published = new HashMap<>();
          handle
              .createQuery(
                  """
                  SELECT t.id, COALESCE(s.index_session, 0) AS session FROM template t
                  LEFT JOIN template_in_store s ON s.template_id = t.id AND s.store = :store
                  WHERE t.id IN (<ids>)
                  """)
              .bind("store", store)
              .bindList("ids", attempts.stream().map(Attempt::name).distinct().toList())
              .map((row, context) -> Map.entry(row.getString("id"), row.getLong("session")))
              .forEach(entry -> published.put(entry.getKey(), entry.getValue()));
          return attempts.stream()
              .filter(each -> !open.contains(each.session()))
              .filter(
                  each ->
                      published.containsKey(each.name())
                          && !Long.valueOf(each.session()).equals(published.get(each.name())))
              .toList();
        });
  }

  /**
   * Whether this node does what is done once for all nodes of the store: the one that does it keeps
   * it for as long as it lives.
   */
  boolean keeps() throws IOException {
    Optional<Boolean> known =
        read(
            handle ->
                handle
                    .createQuery(
                        "SELECT keeper = :node AS own, %s AS silent FROM store WHERE name = :store AND keeper IS NOT NULL"
                            .formatted(isSilent("store.keeper")))
                    .bind("store", store)
                    .bind("node", node)
                    .map(
                        (row, context) ->
                            row.getBoolean("own")
                                ? Optional.of(true)
                                : row.getBoolean("silent")
                                    ? Optional.<Boolean>empty()
                                    : Optional.of(false))
                    .findOne()
                    .orElse(Optional.empty()));
    return known.isPresent() ? known.get() : takeKeeping();
  }

  private boolean takeKeeping() throws IOException {
    return transaction(
        handle -> {
          next(handle, "last_id = last_id");
          return handle
                  .createUpdate(
                      "UPDATE store SET keeper = :node WHERE name = :store AND (keeper IS NULL OR keeper = :node OR %s)"
                          .formatted(isSilent("store.keeper")))
                  .bind("store", store)
                  .bind("node", node)
                  .execute()
              == 1;
        });
  }

  @Override
  public long openSession() throws IOException {
    return transaction(
        handle -> {
          long[] numbers = next(handle, "last_id = last_id + 1");
          handle
              .createUpdate(
                  "INSERT INTO store_session (store, id, generation, node) VALUES (:store, :id, :generation, :node)")
              .bind("store", store)
              .bind("id", numbers[0])
              .bind("generation", numbers[1])
              .bind("node", node)
              .execute();
          return numbers[0];
        });
  }

  /** Changes the store's row, which is made where there is none; its last id and generation. */
  private long[] next(Handle handle, String change) throws StoreUnavailable {
    handle
        .createUpdate(
            // From the clock on: a database that was made again of its store gives no number twice.
            "INSERT INTO store (name, generation, lease, last_id) VALUES (:store, 0, 0, %s) ON CONFLICT (name) DO NOTHING"
                .formatted(database().dialect().now()))
        .bind("store", store)
        .execute();
    return handle
        .createQuery(
            "UPDATE store SET %s WHERE name = :store RETURNING last_id, generation"
                .formatted(change))
        .bind("store", store)
        .map((row, context) -> new long[] {row.getLong("last_id"), row.getLong("generation")})
        .one();
  }

  @Override
  public void closeSession(long session) throws IOException {
    change(
        handle ->
            handle
                .createUpdate("DELETE FROM store_session WHERE store = :store AND id = :id")
                .bind("store", store)
                .bind("id", session)
                .execute());
  }

  @Override
  public void closeSessionsBut(Set<Long> open) throws IOException {
    change(
        handle -> {
          // A transaction that opens one and is under way still has this row locked.
          next(handle, "last_id = last_id");
          var rows =
              handle
                  .createQuery("SELECT id FROM store_session WHERE store = :store AND node = :node")
                  .bind("store", store)
                  .bind("node", node)
                  .mapTo(Long.class)
                  .list();
          for (Long row : rows) {
            if (!open.contains(row)) {
              handle.execute("DELETE FROM store_session WHERE store = ? AND id = ?", store, row);
            }
          }
        });
  }

  private record NotedChunk(ChunkId id, Note note) {}

  private static NotedChunk noted(ResultSet row) throws SQLException {
    String state = row.getString("state");
    return new NotedChunk(
        ChunkId.ofHex(row.getString("id")),
        new Note(
            state == null
                ? State.FREE
                : state.equals("condemned") ? State.CONDEMNED : State.DELETING,
            row.getInt("epoch"),
            row.getInt("is_bad") != 0));
  }

  @Override
  public void notes(NoteVisitor visitor) throws IOException {
    read(
        handle -> {
          ResultIterable<NotedChunk> all =
              handle
                  .createQuery(
                      "SELECT id, state, epoch, is_bad FROM store_chunk WHERE store = :store")
                  .bind("store", store)
                  .map((row, context) -> noted(row));
          try (var chunks = all.iterator()) {
            while (chunks.hasNext()) {
              var chunk = chunks.next();
              visitor.visit(chunk.id(), chunk.note());
            }
          }
          return true;
        });
  }

  @Override
  public Map<ChunkId, Integer> epochs() throws IOException {
    Map<ChunkId, Integer> epochs = new HashMap<>();
    read(
        handle -> {
          handle
              .createQuery(
                  "SELECT id, state, epoch, is_bad FROM store_chunk WHERE store = :store AND epoch > 0")
              .bind("store", store)
              .map((row, context) -> noted(row))
              .forEach(chunk -> epochs.put(chunk.id(), chunk.note().epoch()));
          return true;
        });
    return epochs;
  }

  @Override
  public void raise(Map<ChunkId, Integer> found) throws IOException {
    if (found.isEmpty()) {
      return;
    }
    change(
        handle -> {
          var batch =
              handle.prepareBatch(
                  """
                  INSERT INTO store_chunk (store, id, state, lease, epoch, is_bad, bytes)
                  VALUES (:store, :id, NULL, 0, :epoch, 0, 0)
                  ON CONFLICT (store, id) DO UPDATE SET epoch = excluded.epoch, state = NULL, is_bad = 0
                  WHERE store_chunk.epoch < excluded.epoch
                  """);
          // In one order, as all that lock several of them.
          new TreeMap<>(found)
              .forEach(
                  (id, epoch) ->
                      batch.bind("store", store).bind("id", id.hex()).bind("epoch", epoch).add());
          var _ = batch.execute();
        });
  }

  @Override
  public Note note(ChunkId id) throws IOException {
    return read(handle -> note(handle, id));
  }

  private Note note(Handle handle, ChunkId id) {
    return handle
        .createQuery(
            "SELECT id, state, epoch, is_bad FROM store_chunk WHERE store = :store AND id = :id")
        .bind("store", store)
        .bind("id", id.hex())
        .map((row, context) -> noted(row).note())
        .findOne()
        .orElse(Note.NONE);
  }

  @Override
  public Note look(ChunkId id) throws IOException {
    return transaction(
        handle -> {
          handle
              .createUpdate(
                  "UPDATE store_chunk SET state = NULL WHERE store = :store AND id = :id AND state = 'condemned'")
              .bind("store", store)
              .bind("id", id.hex())
              .execute();
          var note = note(handle, id);
          removeBlank(handle, id);
          return note;
        });
  }

  private void removeBlank(Handle handle, ChunkId id) {
    handle
        .createUpdate("DELETE FROM store_chunk WHERE store = :store AND id = :id AND " + BLANK)
        .bind("store", store)
        .bind("id", id.hex())
        .execute();
  }

  @Override
  public List<IndexRoot> related(String index) throws IOException {
    return read(
        handle -> {
          List<IndexRoot> found = new ArrayList<>(captured(handle, index));
          base(handle, index).forEach(found::add);
          return List.copyOf(found);
        });
  }

  /** The last images of the same machine. */
  private List<IndexRoot> captured(Handle handle, String index) {
    return handle
        .createQuery(
            """
            SELECT t.id, t.index_digest FROM template t
            WHERE t.parent_machine_id = (SELECT parent_machine_id FROM template WHERE id = :id)
              AND t.id <> :id AND EXISTS (
                SELECT 1 FROM template_in_store s WHERE s.template_id = t.id AND s.store = :store)
              AND %s
            ORDER BY t.dt_created DESC, t.id DESC LIMIT :limit
            """
                .formatted(WHOLE_ROOT))
        .bind("id", index)
        .bind("store", store)
        .bind("limit", RELATED)
        .map((row, context) -> root(row))
        .list();
  }

  /** What the machine's disk stands on. */
  private List<IndexRoot> base(Handle handle, String index) {
    return handle
        .createQuery(
            """
            SELECT t.id, t.index_digest FROM template made
            JOIN machine m ON m.id = made.parent_machine_id
            JOIN template t ON t.id = m.base_template_id
            WHERE made.id = :id AND EXISTS (
                SELECT 1 FROM template_in_store s WHERE s.template_id = t.id AND s.store = :store)
              AND %s
            """
                .formatted(WHOLE_ROOT))
        .bind("id", index)
        .bind("store", store)
        .map((row, context) -> root(row))
        .list();
  }

  private static IndexRoot root(ResultSet row) throws SQLException {
    return new IndexRoot(row.getString("id"), row.getString("index_digest"));
  }

  @Override
  public List<IndexRoot> roots(List<IndexRoot> indexes) throws IOException {
    if (indexes.isEmpty()) {
      return List.of();
    }
    var now =
        read(
            handle ->
                handle
                    .createQuery(
                        """
                        SELECT t.id, t.index_digest FROM template t
                        WHERE t.id IN (<ids>) AND EXISTS (
                            SELECT 1 FROM template_in_store s
                            WHERE s.template_id = t.id AND s.store = :store)
                          AND %s
                        """
                            .formatted(WHOLE_ROOT))
                    .bind("store", store)
                    .bindList("ids", indexes.stream().map(IndexRoot::name).toList())
                    .map((row, context) -> root(row))
                    .list());
    return indexes.stream().filter(now::contains).toList();
  }

  @Override
  public void markBad(ChunkId id, int epoch) throws IOException {
    change(
        handle ->
            handle
                .createUpdate(
                    """
                    INSERT INTO store_chunk (store, id, state, lease, epoch, is_bad, bytes)
                    VALUES (:store, :id, NULL, 0, 0, CASE WHEN :epoch = 0 THEN 1 ELSE 0 END, 0)
                    ON CONFLICT (store, id) DO UPDATE SET is_bad = 1 WHERE store_chunk.epoch = :epoch
                    """)
                .bind("store", store)
                .bind("id", id.hex())
                .bind("epoch", epoch)
                .execute());
  }

  @Override
  public void unmarkBad(ChunkId id, int epoch) throws IOException {
    change(
        handle -> {
          handle
              .createUpdate(
                  "UPDATE store_chunk SET is_bad = 0 WHERE store = :store AND id = :id AND epoch = :epoch")
              .bind("store", store)
              .bind("id", id.hex())
              .bind("epoch", epoch)
              .execute();
          removeBlank(handle, id);
        });
  }

  @Override
  public Optional<Lease> collect() throws IOException {
    long lease =
        transaction(
            handle -> {
              long[] numbers = next(handle, "last_id = last_id + 1");
              int taken =
                  handle
                      .createUpdate(
                          "UPDATE store SET lease = :lease, lease_node = :node WHERE name = :store AND (lease = 0 OR lease_node = :node OR %s)"
                              .formatted(isDead("store.lease_node")))
                      .bindList(EmptyHandling.NULL_KEYWORD, "silent", silent(handle))
                      .bind("lease", numbers[0])
                      .bind("node", node)
                      .bind("store", store)
                      .execute();
              if (taken == 0) {
                return 0L;
              }
              handle
                  .createUpdate(
                      "UPDATE store_chunk SET state = NULL WHERE store = :store AND state = 'condemned'")
                  .bind("store", store)
                  .execute();
              handle
                  .createUpdate(
                      "UPDATE store_chunk SET state = NULL, epoch = epoch + 1, is_bad = 0 WHERE store = :store AND state = 'deleting'")
                  .bind("store", store)
                  .execute();
              handle
                  .createUpdate("DELETE FROM store_chunk WHERE store = :store AND " + BLANK)
                  .bind("store", store)
                  .execute();
              return numbers[0];
            });
    return lease == 0 ? Optional.empty() : Optional.of(new SqlLease(this, lease));
  }

  /** Binds ids to a statement, one row at a time. */
  static void forEach(Handle handle, String sql, String store, long lease, List<ChunkId> ids) {
    if (ids.isEmpty()) {
      return;
    }
    var batch = handle.prepareBatch(sql);
    for (var id : ids) {
      batch.bind("store", store).bind("id", id.hex());
      if (sql.contains(":lease")) {
        batch.bind("lease", lease);
      }
      batch.add();
    }
    batch.execute();
  }
}
