package io.platen.site;

import io.platen.chunkstore.ChunkId;
import io.platen.chunkstore.IndexRoot;
import io.platen.chunkstore.StoreUnavailable;
import io.platen.database.Database;
import io.platen.s3store.Ledger;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.HandleConsumer;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.result.ResultIterable;
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

  /** A root's index whose chunks are all there, as far as is known. */
  private static final String WHOLE_ROOT =
      "t.index_digest IS NOT NULL AND t.dt_purged IS NULL AND t.damage IS NULL";

  private final @Nullable Database database;
  private final String store;
  private final String node;

  /**
   * @param database null where none is there: everything that would be asked is unavailable
   * @param store the name of the store
   * @param node the name of this node, which alone uses the store
   */
  SqlLedger(@Nullable Database database, String store, String node) {
    this.database = database;
    this.store = store;
    this.node = node;
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
    change(
        handle -> {
          requireOwn(handle);
          handle
              .createUpdate("DELETE FROM store_session WHERE store = :store")
              .bind("store", store)
              .execute();
        });
    collect().close();
  }

  /** Sessions of other nodes may live: nobody but the first node that used the store is let in. */
  private void requireOwn(Handle handle) throws IOException {
    next(handle, "node = COALESCE(node, '%s')".formatted(node.replace("'", "''")));
    String owner =
        handle
            .createQuery("SELECT node FROM store WHERE name = :store")
            .bind("store", store)
            .mapTo(String.class)
            .one();
    if (!owner.equals(node)) {
      throw new IOException(
          "the store \"%s\" is the node %s's, and a store in a bucket is for one node in this version: give the node %s a store of another name, in another bucket or under another prefix"
              .formatted(store, owner, node));
    }
  }

  @Override
  public long openSession() throws IOException {
    return transaction(
        handle -> {
          long[] numbers = next(handle, "last_id = last_id + 1");
          handle
              .createUpdate(
                  "INSERT INTO store_session (store, id, generation) VALUES (:store, :id, :generation)")
              .bind("store", store)
              .bind("id", numbers[0])
              .bind("generation", numbers[1])
              .execute();
          return numbers[0];
        });
  }

  /** Changes the store's row, which is made where there is none; its last id and generation. */
  private long[] next(Handle handle, String change) {
    handle
        .createUpdate(
            "INSERT INTO store (name, generation, lease, last_id) VALUES (:store, 0, 0, 0) ON CONFLICT (name) DO NOTHING")
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
              AND t.id <> :id AND t.store = :store AND %s
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
            WHERE made.id = :id AND t.store = :store AND %s
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
                        "SELECT t.id, t.index_digest FROM template t WHERE t.id IN (<ids>) AND "
                            + WHOLE_ROOT)
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
  public Lease collect() throws IOException {
    long lease =
        transaction(
            handle -> {
              long[] numbers = next(handle, "last_id = last_id + 1, lease = last_id + 1");
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
    return new SqlLease(this, lease);
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
