package io.platen.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.platen.chunkstore.ChunkId;
import io.platen.database.Database;
import io.platen.node.SeenSilence;
import io.platen.s3store.Ledger;
import io.platen.s3store.Ledger.Garbage;
import io.platen.s3store.Ledger.Note;
import io.platen.s3store.Ledger.State;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
final class SqlLedgerTest {
  private static final Duration STEP = Duration.ofSeconds(3);

  @TempDir private Path root;
  private Database database;
  private SqlLedger ledger;
  private SqlLedger other;
  private final AtomicLong nanoTime = new AtomicLong();

  @BeforeEach
  void open() {
    database = Database.open(Database.sqliteUrl(root.resolve("platen.db")));
    ledger = new SqlLedger(database, "main", "n1", nanoTime::get);
    other = new SqlLedger(database, "main", "n2", nanoTime::get);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static ChunkId id(int number) {
    return new ChunkId(number, 2, 3, 4);
  }

  private static Garbage garbage(int number) {
    return new Garbage(id(number), 0, 100L + number);
  }

  private Map<ChunkId, Note> notes() throws IOException {
    var notes = new HashMap<ChunkId, Note>();
    ledger.notes(notes::put);
    return notes;
  }

  @Test
  void epochsThatChunksWereFoundAtCountWhereTheyAreHigher() throws IOException {
    ledger.markBad(id(1), 0);
    ledger.raise(Map.of(id(1), 2, id(2), 1));
    ledger.raise(Map.of(id(1), 1));
    ledger.raise(Map.of());
    assertThat(notes())
        .containsOnly(
            entry(id(1), new Note(State.FREE, 2, false)),
            entry(id(2), new Note(State.FREE, 1, false)));
    ledger.markBad(id(2), 1);
    ledger.raise(Map.of(id(2), 1));
    assertThat(ledger.note(id(2)).bad()).isTrue();
  }

  @Test
  void aSessionHasTheGenerationOfItsBeginning() throws IOException {
    long before = ledger.openSession();
    try (var lease = ledger.collect().orElseThrow()) {
      long generation = lease.raiseGeneration();
      assertThat(lease.hasSessionsBefore(generation)).isTrue();
      long after = ledger.openSession();
      ledger.closeSession(before);
      assertThat(lease.hasSessionsBefore(generation)).isFalse();
      ledger.closeSession(after);
    }
  }

  @Test
  void whatIsCondemnedIsFreeAfterALookAndIsNotTaken() throws IOException {
    try (var lease = ledger.collect().orElseThrow()) {
      lease.condemn(List.of(garbage(1), garbage(2), garbage(3)));
      assertThat(ledger.note(id(1))).isEqualTo(new Note(State.CONDEMNED, 0, false));
      assertThat(ledger.look(id(1))).isEqualTo(Note.NONE);
      lease.pardon(List.of(id(2), id(9)));
      assertThat(notes()).containsOnlyKeys(id(3));
      assertThat(lease.condemned(10)).containsExactly(garbage(3));
      assertThat(lease.take(List.of(id(1), id(2), id(3)))).containsExactly(garbage(3));
      assertThat(ledger.look(id(3)).state()).isEqualTo(State.DELETING);
      lease.settle(List.of(id(3)), List.of(), List.of());
    }
    assertThat(notes()).isEmpty();
  }

  @Test
  void whatWasNotAnsweredMovesToItsNextEpochAndWhatWasRefusedStays() throws IOException {
    try (var lease = ledger.collect().orElseThrow()) {
      lease.condemn(List.of(garbage(1), garbage(2)));
      lease.take(List.of(id(1), id(2)));
      lease.settle(List.of(), List.of(id(1)), List.of(id(2)));
      assertThat(ledger.epochs()).isEqualTo(Map.of(id(2), 1));
      assertThat(notes()).containsOnlyKeys(id(2));
      // At its former key it is garbage that nobody notes.
      lease.condemn(List.of(garbage(2)));
      assertThat(ledger.note(id(2))).isEqualTo(new Note(State.FREE, 1, false));
      lease.condemn(List.of(new Garbage(id(2), 1, 7)));
      assertThat(lease.condemned(10)).containsExactly(new Garbage(id(2), 1, 7));
    }
  }

  @Test
  void aCollectionThatBeginsForgetsWhatIsCondemnedMovesWhatIsDeletedAndEndsTheOther()
      throws IOException {
    var first = ledger.collect().orElseThrow();
    first.condemn(List.of(garbage(1), garbage(2)));
    first.take(List.of(id(2)));
    try (var second = ledger.collect().orElseThrow()) {
      assertThat(notes()).isEqualTo(Map.of(id(2), new Note(State.FREE, 1, false)));
      assertThatThrownBy(() -> first.condemn(List.of(garbage(3))))
          .isInstanceOf(Ledger.LeaseLost.class);
      assertThatThrownBy(() -> first.settle(List.of(id(2)), List.of(), List.of()))
          .isInstanceOf(Ledger.LeaseLost.class);
      first.close();
      second.condemn(List.of(garbage(3)));
    }
    assertThat(notes()).containsOnlyKeys(id(2), id(3));
  }

  @Test
  void aMarkHoldsForItsEpochAlone() throws IOException {
    ledger.markBad(id(1), 0);
    assertThat(ledger.look(id(1))).isEqualTo(new Note(State.FREE, 0, true));
    ledger.unmarkBad(id(1), 1);
    assertThat(ledger.note(id(1)).bad()).isTrue();
    ledger.unmarkBad(id(1), 0);
    assertThat(notes()).isEmpty();
    try (var lease = ledger.collect().orElseThrow()) {
      lease.condemn(List.of(garbage(2)));
      lease.take(List.of(id(2)));
      lease.settle(List.of(), List.of(), List.of(id(2)));
    }
    ledger.markBad(id(2), 0);
    assertThat(ledger.note(id(2)).bad()).isFalse();
    ledger.markBad(id(2), 1);
    assertThat(ledger.note(id(2)).bad()).isTrue();
  }

  @Test
  void afterARecoveryNoSessionHoldsACollectionUp() throws IOException {
    long left = ledger.openSession();
    ledger.recover();
    try (var lease = ledger.collect().orElseThrow()) {
      assertThat(lease.hasSessionsBefore(lease.raiseGeneration())).isFalse();
    }
    ledger.closeSession(left);
  }

  @Test
  void storesOfOtherNamesHaveNotesOfTheirOwn() throws IOException {
    new SqlLedger(database, "other", "n1", nanoTime::get).markBad(id(1), 0);
    assertThat(notes()).isEmpty();
    ledger.recover();
    assertThat(new SqlLedger(database, "other", "n1", nanoTime::get).note(id(1)).bad()).isTrue();
  }

  private interface Look {
    void run() throws IOException;
  }

  /** Looks for almost as long as it takes to believe a node dead; with the next look it is. */
  private void see(Look look) throws IOException {
    look.run();
    for (var seen = STEP; seen.compareTo(SeenSilence.SEEN) < 0; seen = seen.plus(STEP)) {
      nanoTime.addAndGet(STEP.toNanos());
      look.run();
    }
    nanoTime.addAndGet(STEP.toNanos());
  }

  /** A node's next sign of life. */
  private void beat(String node) {
    database.change(
        handle ->
            handle.execute(
                "UPDATE node SET beat = beat + 1, dt_heartbeat = %s WHERE name = ?"
                    .formatted(database.dialect().now()),
                node));
  }

  /** Notes a sign of life that a node gave so long ago. */
  private void live(String node, Duration ago) {
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
                .bind("name", node)
                .bind("ago", ago.toMillis())
                .execute());
  }

  @Test
  void aRecoveryEndsTheSessionsOfItsOwnNodeAlone() throws IOException {
    live("n1", Duration.ZERO);
    live("n2", Duration.ZERO);
    ledger.openSession();
    long theirs = other.openSession();
    ledger.recover();
    try (var lease = ledger.collect().orElseThrow()) {
      long generation = lease.raiseGeneration();
      assertThat(lease.hasSessionsBefore(generation)).isTrue();
      other.closeSession(theirs);
      assertThat(lease.hasSessionsBefore(generation)).isFalse();
    }
  }

  @Test
  void sessionsThatNobodyHasEndAndOtherNodesStay() throws IOException {
    live("n1", Duration.ZERO);
    live("n2", Duration.ZERO);
    long known = ledger.openSession();
    ledger.openSession();
    long theirs = other.openSession();
    ledger.closeSessionsBut(Set.of(known));
    try (var lease = ledger.collect().orElseThrow()) {
      long generation = lease.raiseGeneration();
      other.closeSession(theirs);
      assertThat(lease.hasSessionsBefore(generation)).isTrue();
      ledger.closeSession(known);
      assertThat(lease.hasSessionsBefore(generation)).isFalse();
    }
  }

  @Test
  void aSilentNodesSessionsHoldNoCollectionUpAndPublishNothing() throws IOException {
    live("n2", Duration.ZERO);
    long theirs = other.openSession();
    long own = ledger.openSession();
    try (var lease = ledger.collect().orElseThrow()) {
      long generation = lease.raiseGeneration();
      assertThat(lease.hasSessionsBefore(generation)).isTrue();
      ledger.closeSession(own);
      assertThat(lease.hasSessionsBefore(generation)).isTrue();
      live("n2", Duration.ofSeconds(21));
      see(() -> lease.hasSessionsBefore(generation));
      assertThat(lease.hasSessionsBefore(generation)).isFalse();
    }
    assertThatThrownBy(() -> database.change(handle -> other.publish(handle, theirs)))
        .isInstanceOf(SessionLost.class)
        .hasMessageContaining("n2")
        .hasMessageContaining("main");
  }

  @Test
  void nobodysSessionEndsBecauseTheDatabaseWasAwayFromAll() throws IOException {
    live("n2", Duration.ZERO);
    long theirs = other.openSession();
    try (var lease = ledger.collect().orElseThrow()) {
      long generation = lease.raiseGeneration();
      see(() -> assertThat(lease.hasSessionsBefore(generation)).isTrue());

      // For a minute nobody reached it, and this node is the first to be back.
      live("n2", Duration.ofMinutes(1));
      nanoTime.addAndGet(Duration.ofMinutes(1).toNanos());
      see(() -> assertThat(lease.hasSessionsBefore(generation)).isTrue());
      beat("n2");
      assertThat(lease.hasSessionsBefore(generation)).isTrue();

      // Its clock was set forward, and each look was answered.
      live("n2", Duration.ofMinutes(1));
      see(() -> assertThat(lease.hasSessionsBefore(generation)).isTrue());
      beat("n2");
      assertThat(lease.hasSessionsBefore(generation)).isTrue();

      // Seen for long enough, it still has to be silent in the end.
      see(() -> assertThat(lease.hasSessionsBefore(generation)).isTrue());
      assertThat(lease.hasSessionsBefore(generation)).isTrue();
    }
    database.change(handle -> other.publish(handle, theirs));
  }

  @Test
  void oneNodeCollectsAtATimeAndAnotherOneWhenItIsSilent() throws IOException {
    live("n1", Duration.ZERO);
    live("n2", Duration.ZERO);
    var first = ledger.collect().orElseThrow();
    first.condemn(List.of(garbage(1)));
    first.take(List.of(id(1)));
    assertThat(other.collect()).isEmpty();
    other.recover();
    other.endDeadCollection();
    assertThat(other.look(id(1)).state()).isEqualTo(State.DELETING);
    live("n1", Duration.ofSeconds(21));
    see(
        () -> {
          other.endDeadCollection();
          assertThat(other.collect()).isEmpty();
          assertThat(other.look(id(1)).state()).isEqualTo(State.DELETING);
        });
    other.endDeadCollection();
    assertThat(other.look(id(1))).isEqualTo(new Note(State.FREE, 1, false));
    assertThatThrownBy(() -> first.settle(List.of(id(1)), List.of(), List.of()))
        .isInstanceOf(Ledger.LeaseLost.class);
    try (var second = other.collect().orElseThrow()) {
      second.condemn(List.of(new Garbage(id(1), 1, 1)));
      live("n1", Duration.ZERO);
      assertThat(ledger.collect()).isEmpty();
    }
    assertThat(ledger.collect()).isPresent();
  }

  @Test
  void whatWasNotSettledMovesWhenTheLeaseIsGivenBack() throws IOException {
    var lease = ledger.collect().orElseThrow();
    lease.condemn(List.of(garbage(1), garbage(2)));
    lease.take(List.of(id(1)));
    lease.close();
    assertThat(ledger.note(id(1))).isEqualTo(new Note(State.FREE, 1, false));
    assertThat(ledger.note(id(2)).state()).isEqualTo(State.CONDEMNED);
  }

  @Test
  void theNodeThatKeepsTheStoreKeepsItUntilItIsSilent() throws IOException {
    live("n1", Duration.ZERO);
    live("n2", Duration.ZERO);
    assertThat(ledger.keeps()).isTrue();
    assertThat(other.keeps()).isFalse();
    assertThat(ledger.keeps()).isTrue();
    live("n1", Duration.ofSeconds(21));
    assertThat(other.keeps()).isTrue();
    live("n1", Duration.ZERO);
    assertThat(ledger.keeps()).isFalse();
  }

  @Test
  void whatIsPublishedIsNamedByItsTemplateAndOrphansAreTheOthersWhoseSessionIsOver()
      throws IOException {
    database.change(
        handle ->
            handle.execute(
                """
                INSERT INTO template (id, name, name_folded, state, agent_type, os_label, region, architecture,
                  firmware, disk_bytes, store, dt_created)
                VALUES ('t1', 'a', 'a', 'capturing', 'a', 'a', 'a', 'a', 'a', 1, 'main', 1)
                """));
    long over = ledger.openSession();
    ledger.closeSession(over);
    long open = ledger.openSession();
    assertThat(ledger.published("t1")).isEqualTo(Ledger.NONE);
    assertThat(ledger.published("t2")).isEqualTo(Ledger.UNKNOWN);
    var attempts =
        List.of(
            new Ledger.Attempt("t1", over),
            new Ledger.Attempt("t1", open),
            new Ledger.Attempt("t2", over));
    assertThat(ledger.orphans(attempts)).containsExactly(attempts.getFirst());
    database.change(
        handle -> {
          ledger.publish(handle, open);
          handle.execute("UPDATE template SET index_session = ? WHERE id = 't1'", open);
        });
    assertThat(ledger.published("t1")).isEqualTo(open);
    assertThat(ledger.orphans(attempts)).containsExactly(attempts.getFirst());
    assertThatThrownBy(() -> database.change(handle -> ledger.publish(handle, open)))
        .isInstanceOf(SessionLost.class);
  }
}
