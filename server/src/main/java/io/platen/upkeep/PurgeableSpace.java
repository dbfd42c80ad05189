package io.platen.upkeep;

import io.platen.chunkstore.Accounting;
import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.StoredChunks;
import io.platen.database.Database;
import io.platen.template.TemplateDeletion;
import io.platen.template.WaitingTemplates;
import java.io.IOException;
import java.util.Optional;

/** What waits to be purged, and what purging it would free in the store. */
public final class PurgeableSpace {
  private final Accounting accounting;
  private final Database database;
  private final NeededIndexes needed;

  public PurgeableSpace(StoredChunks chunks, Database database, NeededIndexes needed) {
    this.accounting = new Accounting(chunks);
    this.database = database;
    this.needed = needed;
  }

  /** What waits; empty where nothing does. Asks the database alone. */
  public Optional<WaitingTemplates> waiting() {
    return database.read(TemplateDeletion::waiting);
  }

  /**
   * What purging all that waits, and a collection after that, would free in the store, in bytes.
   * Reads every index that is needed, since any of them may share a chunk with one that waits. What
   * a machine's disk stands on is not freed.
   *
   * @throws IOException where an index can't be read
   */
  public long bytes(Cancellation cancellation) throws IOException {
    var counted =
        accounting.count(
            needed,
            visitor ->
                needed.listTemplates(
                    (template, index) ->
                        visitor.visit(
                            index, template.deleted() && !template.held() ? 0 : Accounting.OTHERS)),
            1,
            cancellation);
    return counted.owners().getFirst().map(Accounting.Usage::exclusiveBytes).orElse(0L);
  }
}
