package io.platen.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.chunkstore.ChunkStore;
import io.platen.chunkstore.FileChunkStore;
import io.platen.chunkstore.contract.ForwardingStore;
import io.platen.database.Database;
import io.platen.liveness.Watchdog;
import io.platen.notice.Outbox;
import java.nio.file.Path;
import java.time.Instant;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StoreRoomTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final long LIMIT = 50L << 30;

  private static final class Filling extends ForwardingStore {
    private OptionalLong free = OptionalLong.empty();

    Filling(ChunkStore store) {
      super(store);
    }

    @Override
    public OptionalLong freeBytes() {
      return free;
    }
  }

  @Test
  void aStoreThatFillsUpIsToldOnceForEachTime(@TempDir Path directory) throws Exception {
    try (var database = Database.open(Database.sqliteUrl(directory.resolve("platen.db")));
        var files = FileChunkStore.open(directory.resolve("store.castr"))) {
      var store = new Filling(files);
      var room =
          new StoreRoom(
              database,
              store,
              new Outbox(database, () -> NOW, true),
              LIMIT,
              _ -> {},
              new Watchdog(System::nanoTime));
      // What is left, and how many notices there are by then. Between 50 and 62.5 nothing changes.
      long[][] turns = {{-1, 0}, {60, 0}, {49, 1}, {10, 1}, {55, 1}, {49, 1}, {63, 1}, {49, 2}};
      for (var turn : turns) {
        store.free = turn[0] < 0 ? OptionalLong.empty() : OptionalLong.of(turn[0] << 30);
        room.look();
        assertThat(Outbox.state(database, NOW).waiting()).as("%d left", turn[0]).isEqualTo(turn[1]);
      }
      room.close();
    }
  }
}
