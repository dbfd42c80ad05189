package io.platen.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.chunkstore.Cancellation;
import io.platen.chunkstore.ChunkStore;
import io.platen.chunkstore.CollectionListener;
import io.platen.chunkstore.ImageWriter;
import io.platen.chunkstore.ImageWritten;
import io.platen.chunkstore.Pace;
import io.platen.chunkstore.ProgressListener;
import io.platen.chunkstore.StoreSession;
import io.platen.chunkstore.Workspaces;
import io.platen.chunkstore.contract.MemoryImage;
import io.platen.chunkstore.contract.PoolImages;
import io.platen.config.ConfigFile;
import io.platen.database.Database;
import io.platen.database.DatabaseClaim;
import io.platen.model.OperatingSystem;
import io.platen.paging.Cursors;
import io.platen.s3store.BucketKeys;
import io.platen.s3store.CephGateway;
import io.platen.s3store.FaultyServer;
import io.platen.s3store.FaultyServer.Fate;
import io.platen.s3store.Ledger;
import io.platen.s3store.S3Location;
import io.platen.site.SessionLost;
import io.platen.site.Site;
import io.platen.site.StoreIdentity;
import io.platen.support.BucketConfig;
import io.platen.support.PrivatePostgres;
import io.platen.team.Team;
import io.platen.team.TeamRepository;
import io.platen.template.Template;
import io.platen.template.TemplateDeletion;
import io.platen.template.TemplateRepository;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two nodes share a bucket, and one of them stops in each of the gaps of the protocol, while the
 * other one believes it dead and goes on; then it goes on itself. The nodes are in this process:
 * the store, the ledger and the rows are the real ones.
 */
@Timeout(120)
@SuppressWarnings("NullAway.Init")
final class SharedStoreGapsIT {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration SILENCE = Duration.ofSeconds(60);

  private static PrivatePostgres postgres;

  @TempDir private Path root;
  private final TemplateRepository templates = new TemplateRepository(new Cursors(new byte[32]));
  private final TemplateDeletion deletion = new TemplateDeletion(Duration.ZERO);
  private final S3Location location = CephGateway.location();
  private final Workspaces workspaces = new Workspaces(8);
  private Host one;
  private Host two;

  @BeforeAll
  static void start() throws Exception {
    postgres = PrivatePostgres.start();
    try (var database = Database.open(postgres.url(), "one")) {
      database.change(handle -> new TeamRepository().insertTeam(handle, new Team("te1", "t", NOW)));
    }
  }

  @AfterAll
  static void stop() throws Exception {
    postgres.remove();
  }

  @BeforeEach
  void open() throws Exception {
    one = new Host("one");
    two = new Host("two");
    one.database.change(
        handle -> {
          for (var table :
              List.of("manifest_change", "template", "store", "store_session", "store_chunk")) {
            handle.execute("DELETE FROM " + table);
          }
        });
    one.isAlive(true);
    two.isAlive(true);
  }

  @AfterEach
  void close() throws IOException {
    one.close();
    two.close();
    workspaces.close();
  }

  /** A node, without a server: what it does, the test says. */
  private final class Host {
    private final String name;
    private final FaultyServer s3;
    private final Database database;
    private final Site site;
    private final ChunkStore store;
    private final List<StoreSession> sessions = new ArrayList<>();
    private final AtomicLong nanos = new AtomicLong();

    Host(String name) throws Exception {
      this.name = name;
      s3 = new FaultyServer(Objects.requireNonNull(location.endpoint()));
      Path file =
          BucketConfig.write(
              root.resolve(name + ".yaml"), name, postgres.url(), location, s3.endpoint());
      var config = ConfigFile.read(file, null, null, root.resolve(name));
      config.data().create();
      database = Database.openAsIs(config.databaseUrl(), config.node());
      site = Site.of(config, database, this::nanoTime);
      store = site.open();
    }

    /** Time passes as this node looks: three looks at a silent one are long enough. */
    private long nanoTime() {
      return nanos.addAndGet(DatabaseClaim.BEAT.toNanos());
    }

    /** What the others believe. */
    void isAlive(boolean alive) {
      database.change(
          handle ->
              handle
                  .createUpdate(
                      """
                      INSERT INTO node (name, directory_id, place, path, host, process, beat, dt_heartbeat)
                      VALUES (:name, :name, '', '', '', 1, 1, %s - :ago)
                      ON CONFLICT (name) DO UPDATE SET dt_heartbeat = excluded.dt_heartbeat
                      """
                          .formatted(database.dialect().now()))
                  .bind("name", name)
                  .bind("ago", alive ? 0 : SILENCE.toMillis())
                  .execute());
    }

    /** Stores an image and its index; its session stays open. */
    ImageWritten store(String id, Integer... chunks) throws IOException {
      var bytes = ByteBuffer.allocate(chunks.length * PoolImages.MIB);
      for (int number : chunks) {
        bytes.put(PoolImages.chunk(number));
      }
      return new ImageWriter(
              store, site.indexes(), workspaces, 1, (index, session) -> sessions.add(session))
          .write(
              MemoryImage.ofData(bytes.array()),
              null,
              id,
              ProgressListener.NONE,
              new Cancellation());
    }

    void publish(String id, ImageWritten written) {
      long session = sessions.getLast().number();
      database.change(
          handle -> {
            site.publish(handle, session);
            templates.complete(handle, id, written.size(), written.digest(), session);
          });
    }

    /** All of a capture. */
    void capture(String id, Integer... chunks) throws IOException {
      insert(id);
      publish(id, store(id, chunks));
    }

    void insert(String id) {
      var os = new OperatingSystem("LinuxHeadless", "Linux", "x86_64", "bios");
      database.change(
          handle -> {
            templates.insert(handle, Template.capturing(id, "te1", null, id, "ny2", os, 0, NOW));
            handle.execute("UPDATE template SET store = 'main' WHERE id = ?", id);
          });
    }

    void purge(String id) throws IOException {
      boolean purged = database.transaction(handle -> deletion.purge(handle, id, NOW));
      assertThat(purged).isTrue();
      site.indexes().remove(id);
    }

    void collect(CollectionListener listener) throws IOException {
      store
          .maintenance()
          .collect(
              new NeededIndexes(site.indexes(), database, templates, site.name()),
              false,
              Pace.unlimited(),
              listener,
              new Cancellation());
    }

    void collect() throws IOException {
      collect(CollectionListener.NONE);
    }

    void assertWhole(String id, Integer... chunks) throws IOException {
      try (var index = site.indexes().open(id)) {
        var buffer = ByteBuffer.allocateDirect(2 << 20);
        int at = 0;
        for (var ids = index.ids(); ids.hasNext(); ) {
          var chunk = ids.next();
          assertThat(chunk).isEqualTo(PoolImages.id(chunks[at++]));
          store.read(chunk, buffer.clear());
        }
        assertThat(at).isEqualTo(chunks.length);
      }
    }

    void close() throws IOException {
      s3.rule((method, request) -> Fate.PASS);
      for (var session : sessions) {
        session.close();
      }
      store.close();
      database.close();
      s3.close();
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  /** Does something once, before a request of this kind is passed on. */
  private static FaultyServer.Rule before(String method, String part, Step step) {
    var done = new AtomicBoolean();
    return (asked, request) -> {
      if (asked.equals(method) && request.contains(part) && done.compareAndSet(false, true)) {
        try {
          step.run();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      return Fate.PASS;
    };
  }

  private BucketKeys keys() throws IOException {
    return BucketKeys.list(location);
  }

  private boolean isAvailable(String id) {
    return one.database.read(
        handle ->
            handle
                .createQuery("SELECT state = 'available' FROM template WHERE id = :id")
                .bind("id", id)
                .mapTo(Boolean.class)
                .one());
  }

  @Test
  void anotherDatabaseThatIsPutBackWithinACollectionIsNoticedWithoutManifests() throws IOException {
    one.capture("told", 1);
    one.capture("tnew", 2);
    var identity = new StoreIdentity(one.site, one.database, "x", () -> NOW);
    var match = new StoreMatch(one.site, "x", one.database, identity);
    assertThat(match.check()).isEmpty();
    var asked = new AtomicInteger();
    one.s3.rule(
        (method, request) -> {
          if (request.contains("/manifest/")) {
            asked.incrementAndGet();
          }
          return Fate.PASS;
        });
    assertThat(match.checkAgain()).isEmpty();
    assertThat(asked).hasValue(0);
    one.database.change(handle -> handle.execute("DELETE FROM manifest_change"));
    one.database.change(handle -> handle.execute("DELETE FROM template WHERE id = 'tnew'"));
    assertThat(match.checkAgain())
        .hasValueSatisfying(why -> assertThat(why).contains("never known", "tnew"));
  }

  @Test
  void stoppedBetweenTheLookAtAChunkAndItsPut() throws IOException {
    one.capture("tgone", 1, 2);
    one.insert("tlate");
    one.s3.rule(
        before(
            "PUT",
            ".cacnk",
            () -> {
              one.isAlive(false);
              two.purge("tgone");
              two.collect();
              assertThat(keys().chunks()).isEmpty();
              one.isAlive(true);
            }));
    // It has looked at chunk 1, which was there, and goes on with chunk 3.
    var written = one.store("tlate", 1, 3);
    assertThatThrownBy(() -> one.publish("tlate", written)).isInstanceOf(SessionLost.class);
    assertThat(isAvailable("tlate")).isFalse();
    one.capture("tagain", 1, 3);
    two.assertWhole("tagain", 1, 3);
    two.collect();
    two.assertWhole("tagain", 1, 3);
    assertThat(keys().indexes()).hasSize(1);
    assertThat(keys().chunks()).hasSize(2);
  }

  @Test
  void stoppedBetweenTheIndexAndItsPublication() throws IOException {
    one.insert("tlate");
    var written = one.store("tlate", 1, 2);
    one.isAlive(false);
    two.collect();
    one.isAlive(true);
    assertThat(keys().chunks()).isEmpty();
    assertThatThrownBy(() -> one.publish("tlate", written)).isInstanceOf(SessionLost.class);
    assertThat(isAvailable("tlate")).isFalse();
    assertThat(one.site.indexes().has("tlate")).isFalse();
    two.collect();
    assertThat(keys().all()).isEmpty();
  }

  @Test
  void publishedWhileACollectionHasCondemnedItsChunks() throws IOException {
    one.insert("tmeanwhile");
    var written = one.store("tmeanwhile", 1, 2);
    two.collect(
        new CollectionListener() {
          @Override
          public void marked() {
            // Condemned, and the generation is raised: it waits for this session.
            one.publish("tmeanwhile", written);
          }
        });
    one.assertWhole("tmeanwhile", 1, 2);
    assertThat(keys().chunks()).hasSize(2);
  }

  @Test
  void condemnedAndNamedByARootThatIsPurgedBeforeThePardon() throws IOException {
    one.insert("tmeanwhile");
    one.insert("tnext");
    one.database.change(handle -> handle.execute("UPDATE template SET parent_machine_id = 'ps1'"));
    var written = one.store("tmeanwhile", 1, 2);
    var next = new AtomicReference<ImageWritten>();
    two.collect(
        new CollectionListener() {
          @Override
          public void marked() throws IOException {
            one.publish("tmeanwhile", written);
            // What an image of the same machine names would be known to be there, were it not
            // condemned. The collection doesn't wait for this session, which is younger.
            next.set(one.store("tnext", 1, 2));
            one.purge("tmeanwhile");
          }
        });
    one.publish("tnext", Objects.requireNonNull(next.get()));
    two.assertWhole("tnext", 1, 2);
    assertThat(keys().chunks()).hasSize(2);
  }

  @Test
  void stoppedBetweenTheRowAndTheDeletionWhoseRequestComesLate() throws IOException {
    one.capture("tgone", 1, 2);
    two.purge("tgone");
    two.s3.rule((method, request) -> isDeletion(method, request) ? Fate.DELAY : Fate.PASS);
    two.collect();
    // What became of the request nobody knows: the chunks have other keys from now on.
    one.capture("tnew", 1, 2);
    assertThat(two.s3.passDelayed()).isPositive();
    two.assertWhole("tnew", 1, 2);
    one.collect();
    two.assertWhole("tnew", 1, 2);
    assertThat(keys().stores()).containsExactly("store.castr", "store.1.castr");
  }

  private static boolean isDeletion(String method, String request) {
    return method.equals("DELETE") || (method.equals("POST") && request.contains("delete"));
  }

  @Test
  void stoppedInItsDeletionWhileAnotherNodeStoresTheChunkAgain() throws IOException {
    one.capture("tgone", 1, 2);
    two.purge("tgone");
    var done = new AtomicBoolean();
    two.s3.rule(
        (method, request) -> {
          if (isDeletion(method, request) && done.compareAndSet(false, true)) {
            try {
              two.isAlive(false);
              // Its session finds the chunks being deleted, by a node that is silent.
              one.capture("tnew", 1, 2);
              two.isAlive(true);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
          return Fate.PASS;
        });
    assertThatThrownBy(two::collect).isInstanceOf(Ledger.LeaseLost.class);
    assertThat(done).isTrue();
    one.assertWhole("tnew", 1, 2);
    two.collect();
    two.assertWhole("tnew", 1, 2);
    assertThat(keys().chunks()).hasSize(2);
  }

  @Test
  void stoppedAfterItHasListedWhileAnotherNodeCollectsAndAThirdImageIsStored() throws IOException {
    one.capture("tgone", 1, 2);
    one.purge("tgone");
    assertThatThrownBy(
            () ->
                two.collect(
                    new CollectionListener() {
                      @Override
                      public void marked() throws IOException {
                        two.isAlive(false);
                        one.collect();
                        one.capture("tnew", 1, 2);
                        two.isAlive(true);
                      }
                    }))
        .isInstanceOf(Ledger.LeaseLost.class);
    one.assertWhole("tnew", 1, 2);
  }

  @Test
  void anIndexThatComesLateIsGarbageAndHarmsNoOtherAttempt() throws IOException {
    one.insert("ttwice");
    var delayed = new AtomicBoolean();
    one.s3.rule(
        (method, request) ->
            method.equals("PUT") && request.contains("/index/") && !delayed.getAndSet(true)
                ? Fate.DELAY
                : Fate.PASS);
    // The put is asked for again, and answered; the first one is still on its way.
    var first = one.store("ttwice", 1, 2);
    assertThat(delayed).isTrue();
    one.isAlive(false);
    two.collect();
    assertThatThrownBy(() -> one.publish("ttwice", first)).isInstanceOf(SessionLost.class);
    one.isAlive(true);
    two.publish("ttwice", two.store("ttwice", 3));
    two.collect();
    assertThat(keys().indexes()).hasSize(1);
    assertThat(one.s3.passDelayed()).isOne();
    assertThat(keys().indexes()).hasSize(2);
    one.assertWhole("ttwice", 3);
    two.collect();
    assertThat(keys().indexes()).hasSize(1);
    one.assertWhole("ttwice", 3);
  }
}
