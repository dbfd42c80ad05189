package io.platen.event;

import io.platen.database.Dialect;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The order in which every transaction locks rows: the team, the machine, the template, the event.
 * On PostgreSQL two transactions with different orders wait for each other, until it ends one of
 * them. SQLite admits one writer, so there is nothing to order.
 */
public final class LockOrder {
  private LockOrder() {}

  /** Locks what an event is about: to be called before the event itself is changed. */
  public static void lockSubjects(Handle handle, Dialect dialect, Event event) {
    if (dialect == Dialect.POSTGRESQL) {
      lock(handle, "team", event.teamId());
      lock(handle, "machine", event.machineId());
      lock(handle, "template", event.templateId());
    }
  }

  /** As strong as an update of other columns than the key. */
  private static void lock(Handle handle, String table, @Nullable String id) {
    if (id != null) {
      var _ =
          handle
              .createQuery("SELECT id FROM " + table + " WHERE id = :id FOR NO KEY UPDATE")
              .bind("id", id)
              .mapTo(String.class)
              .findOne();
    }
  }
}
