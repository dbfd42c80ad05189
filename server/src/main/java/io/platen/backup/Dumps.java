package io.platen.backup;

import com.github.luben.zstd.ZstdOutputStream;
import io.platen.chunkstore.DumpMissing;
import io.platen.chunkstore.DumpStore;
import io.platen.database.Database;
import io.platen.upkeep.StoreMatch;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The dumps in a store: makes them, finds them, and removes old ones. */
public final class Dumps {
  private static final Logger LOG = Logger.getLogger(Dumps.class);

  /** How many stay. */
  static final int KEPT = 14;

  /** Whoever has none that is younger is warned. */
  public static final Duration OLD = Duration.ofDays(2);

  /** By how much clocks of hosts differ that are taken for right. */
  private static final Duration SKEW = Duration.ofDays(1);

  /** Of a million rows it makes 10 s; the higher ones take several times as long. */
  private static final int LEVEL = 3;

  private final DumpStore store;
  private final InstantSource clock;

  public Dumps(DumpStore store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
  }

  /**
   * A dump that was made.
   *
   * @param place where it is
   * @param bytes its length
   */
  public record Made(String name, String place, long bytes, DumpSummary summary) {}

  /**
   * Makes a dump, and removes those that are too old then.
   *
   * @throws IOException where that can't be; also where the store is another database's, whose
   *     dumps are worth more than one of this database
   */
  public Made make(DumpSource source) throws IOException {
    if (source.match().isForeign()) {
      throw new IOException(
          "no dump is made, since %s is not the store of the database %s: see \"platen doctor\""
              .formatted(store.place(), source.shown()));
    }
    var now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    String name = DumpName.of(now);
    DumpSummary summary;
    try (var draft = store.begin(name)) {
      var digest = Sha256.make();
      var file = new DigestOutputStream(Channels.newOutputStream(draft.channel()), digest);
      summary = write(source.database(), source.shown(), DumpedTables.ALL, now, file);
      draft.publish(HexFormat.of().formatHex(digest.digest()));
    }
    var made = new Made(name, store.place(name), store.size(name), summary);
    removeOld(source.match());
    return made;
  }

  /** Writes a dump of these tables, compressed. The file stays open. */
  static DumpSummary write(
      Database database,
      String shownDatabase,
      List<DumpedTables.Table> tables,
      Instant now,
      OutputStream file)
      throws IOException {
    try (var out = new ZstdOutputStream(new LeftOpen(file), LEVEL).setChecksum(true)) {
      var lines = new BufferedOutputStream(out, 1 << 16);
      String schema =
          database
              .schemaVersion()
              .orElseThrow(() -> new IOException(shownDatabase + " is no database of Platen's"));
      var summary =
          database.<DumpSummary, Exception>snapshot(
              handle ->
                  DumpWriter.write(
                      handle.getConnection(),
                      DumpHeader.of(schema, now, shownDatabase),
                      tables,
                      lines));
      lines.flush();
      return summary;
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (SQLException e) {
      throw new IOException("the database can't be read: " + e.getMessage(), e);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** What is closed with the compression; the file below is made durable first. */
  private static final class LeftOpen extends FilterOutputStream {
    LeftOpen(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }

  /**
   * None is removed while the database is not known to be the one that the store belongs to: the
   * older ones may be all that is left of that.
   */
  private void removeOld(StoreMatch match) throws IOException {
    var now = clock.instant();
    var old = new ArrayList<String>();
    // What was made by a clock that was ahead, or before one was set back, counts for itself: else
    // it would have the dump removed that was just made.
    for (boolean isAhead : new boolean[] {false, true}) {
      var names = names().stream().filter(name -> isAfter(name, now) == isAhead).toList();
      old.addAll(names.subList(0, Math.max(0, names.size() - KEPT)));
    }
    if (old.isEmpty()) {
      return;
    }
    var objection = match.objection();
    if (objection.isPresent()) {
      LOG.warnf("no old dump is removed from %s: %s", store.place(), objection.get());
      return;
    }
    for (var name : old) {
      store.remove(name);
    }
  }

  private static boolean isAfter(String name, Instant moment) {
    return DumpName.time(name).filter(time -> time.isAfter(moment)).isPresent();
  }

  /** The names of all dumps, the oldest first. */
  public List<String> names() throws IOException {
    return store.names().stream().filter(name -> DumpName.time(name).isPresent()).toList();
  }

  /**
   * The names of all dumps, the newest last. One that is named after a time that is yet to come was
   * made by a clock that was ahead, and comes before the others; a clock that is a little behind
   * here changes nothing.
   */
  List<String> oldestFirst() throws IOException {
    var limit = clock.instant().plus(SKEW);
    var names = new ArrayList<String>();
    for (boolean isAhead : new boolean[] {true, false}) {
      names().stream().filter(name -> isAfter(name, limit) == isAhead).forEach(names::add);
    }
    return names;
  }

  /**
   * When the newest dump was made; empty where there is none. One that was made by a clock that was
   * ahead of this one does not count.
   */
  public Optional<Instant> newest() throws IOException {
    var now = clock.instant();
    return names().stream()
        .flatMap(name -> DumpName.time(name).stream())
        .filter(time -> !time.isAfter(now))
        .max(Instant::compareTo);
  }

  /**
   * The newest dump.
   *
   * @throws IOException where there is none; the message says where it would be
   */
  DumpFile find() throws IOException {
    var names = oldestFirst();
    if (names.isEmpty()) {
      throw new IOException(
          "there is no dump in %s; name one with --from".formatted(store.place()));
    }
    String last = names().getLast();
    if (!last.equals(names.getLast())) {
      LOG.warnf(
          "%s is named after a time that is yet to come, so it is not taken for the newest dump: that is %s. If the clock of this host is wrong, set it, or name a dump with --from",
          last, names.getLast());
    }
    return named(names.getLast());
  }

  /** A dump that is whole. */
  record Whole(DumpFile file, DumpSummary summary) {}

  /**
   * Reads a dump from its beginning to its end.
   *
   * @param from a dump's path, or its name in the store; null for the newest one there
   * @throws IOException where there is none, or it is not whole; of the newest one the message
   *     names the one before, which is to be taken on purpose
   */
  Whole whole(@Nullable String from) throws IOException {
    var file = from == null ? find() : find(from);
    try {
      return new Whole(file, file.read(DumpReader.NOBODY));
    } catch (DumpInvalid e) {
      var names = oldestFirst();
      if (from != null || names.size() < 2) {
        throw e;
      }
      throw new IOException(
          "%s; the one before is --from %s".formatted(e.getMessage(), names.get(names.size() - 2)),
          e);
    }
  }

  /**
   * A dump by its name in the store, which may be that of its file, or a file.
   *
   * @throws IOException where there is none
   */
  DumpFile find(String nameOrPath) throws IOException {
    var name = DumpName.ofFile(nameOrPath);
    if (DumpName.time(name).isPresent()) {
      return named(name);
    }
    var path = Path.of(nameOrPath).toAbsolutePath().normalize();
    if (Files.isDirectory(path)) {
      throw new IOException(path + " is a directory: name one of the dumps in it");
    }
    return new DumpFile(
        path.toString(),
        () -> {
          try {
            return Files.newInputStream(path);
          } catch (NoSuchFileException e) {
            var missing = new DumpMissing(path.toString());
            missing.addSuppressed(e);
            throw missing;
          }
        });
  }

  private DumpFile named(String name) {
    return new DumpFile(store.place(name), () -> store.open(name));
  }
}
