package io.platen.app;

import io.platen.backup.MissingBackup;
import io.platen.backup.NightlyBackup;
import io.platen.config.NotifySettings;
import io.platen.database.Database;
import io.platen.notice.Deliveries;
import io.platen.upkeep.StoreRoom;
import java.io.IOException;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Tells the operator's address what is wrong, where the configuration names one. */
final class Notices implements AutoCloseable {
  private final Database database;

  /** Whether no other node has the database. */
  private final boolean isAlone;

  /** Null where there is nobody to tell. */
  private final @Nullable Deliveries deliveries;

  private final @Nullable StoreRoom room;

  /** Null where none is made by itself, too. */
  private final @Nullable MissingBackup backups;

  /** Notices that do not begin yet. */
  Notices(Platen platen, NightlyBackup nightly, Consumer<Handle> fence) {
    database = platen.database();
    isAlone = platen.nodeRows().size() <= 1;
    NotifySettings settings = platen.config().notices();
    if (settings == null) {
      deliveries = null;
      room = null;
      backups = null;
      return;
    }
    deliveries = new Deliveries(database, platen.clock(), fence, settings, platen.watchdog());
    room =
        new StoreRoom(
            database,
            platen.site().chunks(),
            platen.outbox(),
            settings.storeFreeBytes(),
            fence,
            platen.watchdog());
    backups =
        platen.config().upkeep().backupTime().time().isEmpty()
            ? null
            : new MissingBackup(
                database, platen.outbox(), nightly::ageSeconds, fence, platen.watchdog());
  }

  /**
   * Begins.
   *
   * @throws IOException where the secret that signs can't be read
   */
  void start() throws IOException {
    if (deliveries == null || room == null) {
      if (isAlone) {
        // What an earlier configuration wanted told is not told later to another address. Other
        // nodes may have one.
        Deliveries.forget(database);
      }
      return;
    }
    deliveries.start();
    room.start();
    if (backups != null) {
      backups.start();
    }
  }

  @Override
  public void close() {
    if (deliveries != null && room != null) {
      deliveries.close();
      room.close();
    }
    if (backups != null) {
      backups.close();
    }
  }
}
