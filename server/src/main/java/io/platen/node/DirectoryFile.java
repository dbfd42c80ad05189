package io.platen.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.platen.config.HostName;
import io.platen.config.ServerConfig;
import io.platen.database.ClaimRow;
import io.platen.database.Claimant;
import io.platen.database.Database;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a data directory knows of itself, in {@code directory.json}: its id, and the database that
 * it works with. The file moves along with the directory.
 */
public final class DirectoryFile {
  private static final JsonMapper JSON = new JsonMapper();

  /** Another one after each start of the host (proc(5)). */
  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

  /** Stands for the SQLite database in the directory, wherever that is. */
  private static final String OWN = "platen.db";

  /**
   * The file.
   *
   * @param database without user and password; null until a server has worked with one
   */
  record Content(String id, @Nullable String database) {}

  private final ServerConfig config;

  public DirectoryFile(ServerConfig config) {
    this.config = config;
  }

  private Path file() {
    return config.data().self();
  }

  private Optional<Content> read() throws IOException {
    try {
      return Optional.of(JSON.readValue(Files.readString(file()), Content.class));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (JsonProcessingException e) {
      throw new IOException(
          "%s is damaged: %s. Restore it from a backup; or delete it, and run \"platen serve --take-over\" once"
              .formatted(file(), e.getOriginalMessage()),
          e);
    }
  }

  /** The directory's id; empty where it has none yet. */
  public Optional<String> id() throws IOException {
    return read().map(Content::id);
  }

  private String database() {
    return config.hasOwnDatabase() ? OWN : config.shownDatabase();
  }

  /**
   * Refuses to make a database beside the one that the directory works with, which happens when the
   * configuration is forgotten, or beside what is left of one. One that the configuration names is
   * taken.
   *
   * @throws IOException where the directory is another user's, works with another database, or a
   *     part of that is missing; the message says which
   */
  public void checkDatabase() throws IOException {
    config.data().requireOwn();
    var known = read().map(Content::database);
    if (!config.namesDatabase() && known.isPresent() && !known.get().equals(OWN)) {
      throw new IOException(
          "the data directory %s works with the database %s: name its configuration file with --config. Where it is to work with %s from now on, name that in the configuration: \"database: %s\""
              .formatted(
                  config.data().root(),
                  known.get(),
                  config.data().database(),
                  config.databaseUrl()));
    }
    Database.check(config.databaseUrl());
  }

  /**
   * As {@link #checkDatabase}, for what makes no database in the directory.
   *
   * @throws IOException also where there is none
   */
  public void requireDatabase() throws IOException {
    checkDatabase();
    if (config.hasOwnDatabase() && Files.notExists(config.data().database())) {
      throw new IOException(
          "there is no database: %s is missing. Where this is not the data directory that you mean, name that with --data, or its configuration with --config; where the database is lost, \"platen store recover\" makes it again"
              .formatted(config.data().database()));
    }
  }

  /** Whether another directory has the database. */
  public boolean isOthers(ClaimRow row) throws IOException {
    var here = id();
    boolean restored = here.isEmpty() && config.hasOwnDatabase();
    return !restored && !here.equals(Optional.of(row.holder().id()));
  }

  /**
   * The directory as a claimant of its database; makes its id where it has none.
   *
   * @param inDatabase the id that the database has, which a directory without one takes where that
   *     database is its own: both were restored without the file then
   */
  public Claimant claimant(Optional<String> inDatabase) throws IOException {
    var known = read();
    String id;
    if (known.isPresent()) {
      id = known.get().id();
    } else {
      id = inDatabase.filter(own -> config.hasOwnDatabase()).orElse(UUID.randomUUID().toString());
      write(new Content(id, null));
    }
    Path root = config.data().root();
    return new Claimant(
        id, place(root), root.toString(), HostName.get(), ProcessHandle.current().pid());
  }

  private static String place(Path root) throws IOException {
    return Files.readString(BOOT).strip()
        + " "
        + Files.readAttributes(root, BasicFileAttributes.class).fileKey();
  }

  /** Remembers the database that the directory works with from now on. */
  public void remember(Claimant claimant) throws IOException {
    var content = new Content(claimant.id(), database());
    if (!read().equals(Optional.of(content))) {
      write(content);
    }
  }

  private void write(Content content) throws IOException {
    Path temporary = file().resolveSibling(file().getFileName() + ".tmp");
    Files.deleteIfExists(temporary);
    try (var channel =
        FileChannel.open(
            temporary,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      channel.write(ByteBuffer.wrap(JSON.writeValueAsBytes(content)));
      channel.force(true);
    }
    Files.move(temporary, file(), StandardCopyOption.ATOMIC_MOVE);
    try (var directory = FileChannel.open(config.data().root(), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }
}
