package io.platen.upkeep;

import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** What a database remembers of its store: a row of the table {@code setting}. */
enum StoreMark {
  /** Empty when the database met it, or described by it already. */
  OURS,
  /** Not empty when the database, which had no template, met it. */
  FOREIGN,
  /** As {@link #FOREIGN}, and given to the database by a person since; it has no template yet. */
  ATTACHED;

  private static final String NAME = "store";

  /** The setting's name, which is another one for each store. */
  private static String name(String store) {
    return store.isEmpty() ? NAME : NAME + "@" + store;
  }

  static Optional<StoreMark> find(Handle handle, String store) {
    return handle
        .createQuery("SELECT value FROM setting WHERE name = :name")
        .bind("name", name(store))
        .mapTo(String.class)
        .findOne()
        .map(value -> valueOf(value.toUpperCase(Locale.ROOT)));
  }

  void write(Handle handle, String store) {
    handle
        .createUpdate(
            """
            INSERT INTO setting (name, value) VALUES (:name, :value)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """)
        .bind("name", name(store))
        .bind("value", name().toLowerCase(Locale.ROOT))
        .execute();
  }

  /**
   * What is to be remembered from now on. The rows of deleted templates stay, so a database without
   * any template row knows nothing of a store that is not empty. One that was given such a store by
   * hand has it as its own with its first template, and not before: until then all of it is what
   * nothing needs.
   */
  static StoreMark next(Optional<StoreMark> before, boolean hasTemplates, boolean storeIsEmpty) {
    if (storeIsEmpty) {
      return OURS;
    }
    boolean attached = before.equals(Optional.of(ATTACHED));
    if (hasTemplates) {
      return attached ? OURS : before.orElse(OURS);
    }
    return attached ? ATTACHED : FOREIGN;
  }
}
