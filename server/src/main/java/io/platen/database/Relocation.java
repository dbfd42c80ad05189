package io.platen.database;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Marks of a database that was moved to another one for good, and of one that is being filled from
 * another. Neither may be worked on: two databases would command the same machines.
 */
public final class Relocation {
  private static final String MOVED = "moved-to";
  private static final String FILLED = "moving-from";

  private static final JsonMapper JSON = new JsonMapper();

  private Relocation() {}

  /**
   * Where a database was moved to.
   *
   * @param database without user and password
   * @param store the place of its store
   * @param config the configuration file that names both
   * @param since when, in ISO 8601
   */
  public record Target(String database, String store, String config, String since) {
    /** In words. */
    public String words() {
      return "%s, with the store in %s (%s)".formatted(database, store, since);
    }
  }

  /**
   * Where the rows come from that a database is being filled with.
   *
   * @param directory the id of the data directory
   * @param path of that directory, for people
   */
  public record Source(String directory, String path) {}

  /**
   * Refuses a database that was moved, and one that is not complete.
   *
   * @param shown the database, as people may see it
   * @throws IOException naming the target, or the source, and what to do
   */
  public static void check(Database database, String shown) throws IOException {
    var moved = movedTo(database);
    if (moved.isPresent()) {
      throw new IOException(
          "the database %s was moved to %s, which has its machines and templates now. Start the server with that configuration: --config %s"
              .formatted(shown, moved.get().words(), moved.get().config()));
    }
    var source = database.read(Relocation::source);
    if (source.isPresent()) {
      throw new IOException(
          "the database %s is being filled from the data directory %s, and is not complete: run \"platen migrate --to\" there again, until it says that it is done"
              .formatted(shown, source.get().path()));
    }
  }

  /** Where the database was moved to; empty where it was not. */
  public static Optional<Target> movedTo(Database database) {
    return database.read(handle -> find(handle, MOVED, Target.class));
  }

  /** Says that the database was moved. */
  public static void move(Handle handle, Target target) {
    write(handle, MOVED, target);
  }

  /** What the database is being filled from; empty where it is complete. */
  public static Optional<Source> source(Handle handle) {
    return find(handle, FILLED, Source.class);
  }

  /**
   * Says that the database is being filled.
   *
   * @return from where: not from this source, where another one was first
   */
  public static Source begin(Handle handle, Source source) {
    handle
        .createUpdate(
            "INSERT INTO setting (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING")
        .bind("name", FILLED)
        .bind("value", text(source))
        .execute();
    return source(handle).orElseThrow();
  }

  /** Says that it is complete. */
  public static void end(Handle handle) {
    handle.execute("DELETE FROM setting WHERE name = ?", FILLED);
  }

  private static <T> Optional<T> find(Handle handle, String name, Class<T> type) {
    return handle
        .createQuery("SELECT value FROM setting WHERE name = :name")
        .bind("name", name)
        .mapTo(String.class)
        .findOne()
        .map(
            text -> {
              try {
                return JSON.readValue(text, type);
              } catch (JsonProcessingException e) {
                throw new IllegalStateException(
                    "the setting %s of the database is no JSON of Platen's".formatted(name), e);
              }
            });
  }

  private static String text(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of texts can be written", e);
    }
  }

  private static void write(Handle handle, String name, Object value) {
    handle
        .createUpdate(
            """
            INSERT INTO setting (name, value) VALUES (:name, :value)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """)
        .bind("name", name)
        .bind("value", text(value))
        .execute();
  }
}
