package io.platen.site;

import io.platen.chunkstore.DocumentCorrupt;
import io.platen.database.Database;
import io.platen.database.DatabaseIdentity;
import java.io.IOException;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Whether a store and a database belong together: the store names the database, and the database
 * the store. Where they do not, nothing may be added to the store and nothing removed, since the
 * database does not know what the store holds; it may still be read.
 *
 * <p>Where only one of the two says something, it decides: a store that names this database is its
 * own, as it is after a crash between the two writings of {@link #establish}; a database that names
 * a store, where the store says nothing, has another directory before it than it should.
 */
public final class StoreIdentity {
  private static final String SETTING = "store-id";
  private static final String PROPOSED = "proposed-";

  /** The setting's name: a database may have several stores. */
  private static String setting(String store) {
    return store.isEmpty() ? SETTING : SETTING + "@" + store;
  }

  private final Site site;
  private final Database database;
  private final String shown;
  private final InstantSource clock;

  /**
   * What both sides say.
   *
   * @param file what the store says; null where it says nothing, or nothing that can be understood
   * @param unreadable why what it says can't be understood; null where it can
   * @param database which database this is; null where that was never decided
   * @param knownStore the id of the store that the database knows; null where it knows none
   * @param otherName the name by which the database knows the store that is here, where that is not
   *     the one that the configuration gives it; else null
   */
  public record Sides(
      @Nullable StoreFile file,
      @Nullable String unreadable,
      @Nullable DatabaseIdentity database,
      @Nullable String knownStore,
      @Nullable String otherName) {
    boolean saysNothing() {
      return file == null && unreadable == null && knownStore == null;
    }

    private boolean namesThisDatabase() {
      return file != null
          && database != null
          && file.database().equals(database.id())
          && file.place().equals(database.place());
    }

    /** Whether the store names the database, which knows it by what it said at another time. */
    boolean areOfTwoTimes() {
      return namesThisDatabase() && otherName == null && !isKnown();
    }

    /** By another name the database has other templates in it, or none. */
    private boolean isKnown() {
      return file != null
          && otherName == null
          && (knownStore == null || knownStore.equals(file.id()));
    }

    /** Whether each of the two names the other. */
    public boolean areEstablished() {
      return namesThisDatabase() && isKnown() && knownStore != null;
    }
  }

  /**
   * The identity of a store towards a database.
   *
   * @param shown the database, as people may see it
   */
  public StoreIdentity(Site site, Database database, String shown, InstantSource clock) {
    this.site = site;
    this.database = database;
    this.shown = shown;
    this.clock = clock;
  }

  /** What both sides say. The store is asked first. */
  public Sides look() throws IOException {
    @Nullable StoreFile file = null;
    @Nullable String unreadable = null;
    try {
      file = StoreFile.read(site.self()).orElse(null);
    } catch (DocumentCorrupt e) {
      unreadable = String.valueOf(e.getMessage());
    }
    return sides(file, unreadable);
  }

  private Sides sides(@Nullable StoreFile file, @Nullable String unreadable) {
    return database.read(
        handle ->
            new Sides(
                file,
                unreadable,
                DatabaseIdentity.find(handle, database.dialect()).orElse(null),
                known(handle, site.name()).orElse(null),
                file == null ? null : otherName(handle, file.id()).orElse(null)));
  }

  /**
   * Why nothing may be added to the store or removed from it, with the remedy. Empty where the two
   * belong together, and where neither says anything yet.
   *
   * @throws IOException where the store can't be read
   */
  public Optional<String> mismatch() throws IOException {
    var sides = look();
    if (sides.saysNothing() || (sides.namesThisDatabase() && sides.isKnown())) {
      return Optional.empty();
    }
    return Optional.of(words(sides));
  }

  private String words(Sides sides) {
    var file = sides.file();
    if (sides.unreadable() != null) {
      return "%s, so it is not known whose store this is. Put it back from a backup of the store; or, if the store is that of the database %s, run \"platen store attach\""
          .formatted(sides.unreadable(), shown);
    }
    if (file == null) {
      return "%s is missing, and the database %s has the store %s. Mount the file system that holds the store, or put the store back; or, if this is the store, run \"platen store attach\""
          .formatted(StoreFile.place(site.self()), shown, sides.knownStore());
    }
    if (sides.namesThisDatabase() && sides.otherName() != null) {
      return "the store in %s is the one that the database %s knows as \"%s\"%s, and the configuration calls it \"%s\". Call it as before; or, if it is a copy of that store, or is to have the new name, run \"platen store attach\""
          .formatted(
              site.place(),
              shown,
              sides.otherName(),
              sides.otherName().isEmpty() ? " (that of the data directory, without stores)" : "",
              site.name());
    }
    if (sides.namesThisDatabase()) {
      return "the store in %s is %s, and the database %s has the store %s. If an older database was put back, put back the newer one, or run \"platen store recover\", which has it follow the store; or mount the database's own store; or, if this is the store and all that the database says of it is right, run \"platen store attach\""
          .formatted(site.place(), file.id(), shown, sides.knownStore());
    }
    return "the store in %s belongs to another database (%s, since %s), not to %s. Put that database back, or mount the store of this one. If the other database is lost, put an empty one in the place of this one, and run \"platen store recover\", which makes it again; if it will only never use this store again, run \"platen store attach\""
        .formatted(site.place(), file.shown(), file.since(), shown);
  }

  /**
   * Whether the store is this database's, as it was before or after the store was last given to it:
   * an older copy of the database was put back.
   *
   * @throws IOException where the store can't be read
   */
  public boolean isOfAnotherTime() throws IOException {
    return look().areOfTwoTimes();
  }

  /**
   * Whether both sides are known to belong together.
   *
   * @throws IOException where the store can't be read
   */
  public boolean isEstablished() throws IOException {
    return look().areEstablished();
  }

  /**
   * Refuses to add to a store, or to remove from it, that is not the database's.
   *
   * @throws StoreNotOwn where it is not, with the remedy
   * @throws IOException where the store can't be read
   */
  public void requireOwn() throws IOException {
    var mismatch = mismatch();
    if (mismatch.isPresent()) {
      throw new StoreNotOwn("nothing is written to the store: " + mismatch.get());
    }
  }

  /** Whether a store that says nothing is the database's. */
  @FunctionalInterface
  public interface Judge {
    boolean isOwn() throws IOException;
  }

  /**
   * Has a store that says nothing, and a database that has none, know each other, where the one is
   * the other's. Called by the process that has the store, before anything is added to it. A crash
   * at any point leaves what the next call completes.
   *
   * @throws IOException where the store can't be read or written
   */
  public void establish(Judge judge) throws IOException {
    var sides = look();
    if (sides.saysNothing()) {
      if (judge.isOwn()) {
        // Of several nodes that do this at once, all write the same.
        give(proposed());
      }
    } else if (sides.namesThisDatabase()
        && sides.knownStore() == null
        && sides.otherName() == null) {
      know(sides.file());
    }
  }

  /**
   * Gives the store to the database, whatever both say so far: by hand, for a person who knows.
   * Both get a new id to know each other by, so that neither the database that had the store, nor
   * an older copy of this one, is taken for its own.
   *
   * @return what the store says from now on
   */
  public StoreFile attach() throws IOException {
    return give(UUID.randomUUID().toString());
  }

  /** The id that the store is going to have, which the first one to ask decides. */
  private String proposed() {
    return database.transaction(
        handle -> {
          handle
              .createUpdate(
                  "INSERT INTO setting (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING")
              .bind("name", PROPOSED + setting(site.name()))
              .bind("value", UUID.randomUUID().toString())
              .execute();
          return handle
              .createQuery("SELECT value FROM setting WHERE name = :name")
              .bind("name", PROPOSED + setting(site.name()))
              .mapTo(String.class)
              .one();
        });
  }

  private StoreFile give(String id) throws IOException {
    var identity =
        database.transaction(handle -> DatabaseIdentity.make(handle, database.dialect()));
    var file =
        new StoreFile(
            StoreFile.FORMAT,
            id,
            identity.id(),
            identity.place(),
            "%s with %s".formatted(shown, site.place()),
            clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
    file.write(site.self());
    know(file);
    return file;
  }

  private void know(@Nullable StoreFile file) {
    if (file != null) {
      database.change(
          handle ->
              handle
                  .createUpdate(
                      """
                      INSERT INTO setting (name, value) VALUES (:name, :value)
                      ON CONFLICT (name) DO UPDATE SET value = excluded.value
                      """)
                  .bind("name", setting(site.name()))
                  .bind("value", file.id())
                  .execute());
    }
  }

  private static Optional<String> known(Handle handle, String store) {
    return handle
        .createQuery("SELECT value FROM setting WHERE name = :name")
        .bind("name", setting(store))
        .mapTo(String.class)
        .findOne();
  }

  /** By which other name the database knows a store with this id. */
  private Optional<String> otherName(Handle handle, String id) {
    return handle
        .createQuery(
            """
            SELECT name FROM setting
            WHERE (name = :setting OR name LIKE :named) AND name <> :own AND value = :id ORDER BY name LIMIT 1
            """)
        .bind("setting", SETTING)
        .bind("named", SETTING + "@%")
        .bind("own", setting(site.name()))
        .bind("id", id)
        .mapTo(String.class)
        .findOne()
        .map(name -> name.equals(SETTING) ? "" : name.substring(SETTING.length() + 1));
  }
}
