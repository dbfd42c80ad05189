package io.platen.doctor;

import io.platen.chunkstore.Cancellation;
import io.platen.config.NotifySettings;
import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.paging.Cursors;
import io.platen.site.Site;
import io.platen.template.TemplateRepository;
import io.platen.upkeep.NeededIndexes;
import io.platen.upkeep.PurgeableSpace;
import java.io.IOException;
import java.util.Optional;

/**
 * Looks whether a store that is nearly full would have room again if what is deleted were purged.
 */
final class RoomCheck {
  private RoomCheck() {}

  /** Looks into a database that is up to date; empty where there is room, or nothing to purge. */
  static Optional<Diagnosis> run(ServerConfig config, Site site, Database database)
      throws IOException {
    long least = NotifySettings.leastFreeBytes(config.notices());
    var free = site.chunks().freeBytes();
    if (free.isEmpty() || free.getAsLong() >= least) {
      return Optional.empty();
    }
    // No list is asked for, so that no cursor is signed.
    var rows = new TemplateRepository(new Cursors(new byte[32]));
    var needed = new NeededIndexes(site.indexes(), database, rows, site.name());
    var space = new PurgeableSpace(site.chunks(), database, needed);
    var waiting = space.waiting();
    if (waiting.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Diagnosis(
            Diagnosis.Kind.OPTIONAL,
            "room",
            "the store has %d MiB left; purging what is deleted and can still be undeleted (%d) would free %d MiB"
                .formatted(
                    free.getAsLong() >> 20,
                    waiting.get().count(),
                    space.bytes(new Cancellation()) >> 20),
            "platen template list --deleted, platen template purge, then platen gc; or a smaller undeleteDays"));
  }
}
