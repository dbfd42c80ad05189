package io.platen.backup;

import io.platen.database.Database;
import io.platen.upkeep.StoreMatch;

/**
 * A database that is dumped into its store.
 *
 * @param shown the database, as people may see it
 * @param match whether the store is its own
 */
public record DumpSource(Database database, String shown, StoreMatch match) {}
