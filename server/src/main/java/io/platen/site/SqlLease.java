package io.platen.site;

import io.platen.chunkstore.ChunkId;
import io.platen.s3store.Ledger;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;

/** The right to collect a store, as long as its row in {@code store} names this lease. */
final class SqlLease implements Ledger.Lease {
  private static final String ONE = "WHERE store = :store AND id = :id ";

  private final SqlLedger ledger;
  private final long lease;

  SqlLease(SqlLedger ledger, long lease) {
    this.ledger = ledger;
    this.lease = lease;
  }

  /** A transaction that has locked the lease. */
  private <R> R holding(HandleCallback<R, IOException> work) throws IOException {
    return ledger.transaction(
        handle -> {
          int held =
              handle
                  .createUpdate(
                      "UPDATE store SET lease = lease WHERE name = :store AND lease = :lease")
                  .bind("store", ledger.store())
                  .bind("lease", lease)
                  .execute();
          if (held == 0) {
            throw new Ledger.LeaseLost();
          }
          return work.withHandle(handle);
        });
  }

  private void forEach(Handle handle, String sql, List<ChunkId> ids) {
    SqlLedger.forEach(handle, sql, ledger.store(), lease, ids);
  }

  @Override
  public void condemn(List<Ledger.Garbage> chunks) throws IOException {
    holding(
        handle -> {
          var batch =
              handle.prepareBatch(
                  """
                  INSERT INTO store_chunk (store, id, state, lease, epoch, is_bad, bytes)
                  VALUES (:store, :id, 'condemned', 0, :epoch, 0, :bytes)
                  ON CONFLICT (store, id) DO UPDATE SET state = 'condemned', bytes = excluded.bytes
                  WHERE store_chunk.state IS NULL AND store_chunk.epoch = excluded.epoch
                  """);
          for (var chunk : chunks) {
            batch
                .bind("store", ledger.store())
                .bind("id", chunk.id().hex())
                .bind("epoch", chunk.epoch())
                .bind("bytes", chunk.bytes())
                .add();
          }
          return batch.execute();
        });
  }

  @Override
  public long raiseGeneration() throws IOException {
    return holding(
        handle ->
            handle
                .createQuery(
                    "UPDATE store SET generation = generation + 1 WHERE name = :store RETURNING generation")
                .bind("store", ledger.store())
                .mapTo(Long.class)
                .one());
  }

  @Override
  public boolean hasSessionsBefore(long generation) throws IOException {
    return holding(
        handle -> {
          ledger.endDeadSessions(handle);
          return handle
              .createQuery(
                  "SELECT EXISTS (SELECT 1 FROM store_session WHERE store = :store AND generation < :generation)")
              .bind("store", ledger.store())
              .bind("generation", generation)
              .mapTo(Boolean.class)
              .one();
        });
  }

  @Override
  public void pardon(List<ChunkId> ids) throws IOException {
    holding(
        handle -> {
          forEach(
              handle,
              "UPDATE store_chunk SET state = NULL " + ONE + "AND state = 'condemned'",
              ids);
          forEach(handle, "DELETE FROM store_chunk " + ONE + "AND " + SqlLedger.BLANK, ids);
          return true;
        });
  }

  @Override
  public List<Ledger.Garbage> condemned(int most) throws IOException {
    return holding(
        handle ->
            handle
                .createQuery(
                    "SELECT id, epoch, bytes FROM store_chunk WHERE store = :store AND state = 'condemned' ORDER BY id LIMIT :most")
                .bind("store", ledger.store())
                .bind("most", most)
                .map(
                    (row, context) ->
                        new Ledger.Garbage(
                            ChunkId.ofHex(row.getString("id")),
                            row.getInt("epoch"),
                            row.getLong("bytes")))
                .list());
  }

  @Override
  public List<Ledger.Garbage> take(List<ChunkId> ids) throws IOException {
    return holding(
        handle -> {
          List<Ledger.Garbage> taken = new ArrayList<>();
          for (var id : ids) {
            handle
                .createQuery(
                    "UPDATE store_chunk SET state = 'deleting', lease = :lease "
                        + ONE
                        + "AND state = 'condemned' RETURNING epoch, bytes")
                .bind("store", ledger.store())
                .bind("lease", lease)
                .bind("id", id.hex())
                .map(
                    (row, context) ->
                        new Ledger.Garbage(id, row.getInt("epoch"), row.getLong("bytes")))
                .findOne()
                .ifPresent(taken::add);
          }
          return taken;
        });
  }

  @Override
  public void settle(List<ChunkId> gone, List<ChunkId> kept, List<ChunkId> unknown)
      throws IOException {
    String own = ONE + "AND state = 'deleting' AND lease = :lease";
    holding(
        handle -> {
          forEach(handle, "UPDATE store_chunk SET state = NULL, is_bad = 0 " + own, gone);
          forEach(handle, "UPDATE store_chunk SET state = NULL " + own, kept);
          forEach(
              handle,
              "UPDATE store_chunk SET state = NULL, is_bad = 0, epoch = epoch + 1 " + own,
              unknown);
          for (var ids : List.of(gone, kept)) {
            forEach(handle, "DELETE FROM store_chunk " + ONE + "AND " + SqlLedger.BLANK, ids);
          }
          return true;
        });
  }

  @Override
  public void close() throws IOException {
    ledger.change(
        handle -> {
          int held =
              handle
                  .createUpdate("UPDATE store SET lease = 0 WHERE name = :store AND lease = :lease")
                  .bind("store", ledger.store())
                  .bind("lease", lease)
                  .execute();
          if (held == 1) {
            handle
                .createUpdate(
                    "UPDATE store_chunk SET state = NULL, is_bad = 0, epoch = epoch + 1 WHERE store = :store AND state = 'deleting' AND lease = :lease")
                .bind("store", ledger.store())
                .bind("lease", lease)
                .execute();
          }
        });
  }
}
