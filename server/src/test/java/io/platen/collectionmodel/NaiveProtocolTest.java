package io.platen.collectionmodel;

import static io.platen.collectionmodel.Part.UNANSWERED_DELETES;
import static io.platen.collectionmodel.Safeguard.CONDEMNS_BEFORE_RAISING;
import static io.platen.collectionmodel.Safeguard.CONDEMNS_WITH_LEASE;
import static io.platen.collectionmodel.Safeguard.DELETES_ONCE;
import static io.platen.collectionmodel.Safeguard.FORGETS_CONDEMNED;
import static io.platen.collectionmodel.Safeguard.LOOKS_AT_INHERITED;
import static io.platen.collectionmodel.Safeguard.LOOKS_BEFORE_ASKING;
import static io.platen.collectionmodel.Safeguard.LOOK_REMOVES_CONDEMNED;
import static io.platen.collectionmodel.Safeguard.LOOK_WAITS_FOR_DELETING;
import static io.platen.collectionmodel.Safeguard.MOVES_DELETING;
import static io.platen.collectionmodel.Safeguard.PUBLISHING_LOCKS_ROW;
import static io.platen.collectionmodel.Safeguard.READS_ROOTS_AGAIN;
import static io.platen.collectionmodel.Safeguard.TAKES_WITH_LEASE;
import static io.platen.collectionmodel.Safeguard.UNANSWERED_MOVES;
import static io.platen.collectionmodel.Safeguard.WAITS_FOR_OLDER_SESSIONS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Simpler protocols, which lose chunks. */
final class NaiveProtocolTest {
  private static final int LIMIT = 5_000_000;

  /** Sessions that see nothing of what a collection does. */
  private static final Rules BLIND =
      Rules.all().without(LOOK_REMOVES_CONDEMNED, LOOK_WAITS_FOR_DELETING);

  @Test
  void markAndSweepLosesWhatASessionFound() {
    var rules = BLIND.without(WAITS_FOR_OLDER_SESSIONS, READS_ROOTS_AGAIN);
    assertThat(loss(Setup.captures(1, 1), rules)).isNotNull();
  }

  @Test
  void markAndSweepLosesWhatASessionPutAnew() {
    var rules =
        BLIND
            .without(WAITS_FOR_OLDER_SESSIONS, READS_ROOTS_AGAIN)
            .allowing(Variation.PUTS_WITHOUT_ASKING);
    assertThat(loss(Setup.captures(1, 1), rules)).isNotNull();
  }

  @Test
  void waitingForOpenSessionsLosesWhatALaterOneFinds() {
    assertThat(loss(Setup.captures(1, 1), BLIND)).isNotNull();
  }

  @Test
  void waitingForOpenSessionsLosesWhatALaterOnePuts() {
    var rules = BLIND.allowing(Variation.PUTS_WITHOUT_ASKING);
    assertThat(loss(Setup.captures(1, 1), rules)).isNotNull();
  }

  /** What can be done about a DELETE that is not resolved, other than to leave its key for good. */
  static Stream<Rules> keysUsedAgain() {
    return Stream.of(
        Rules.all().without(MOVES_DELETING),
        Rules.all().allowing(Variation.FINISHES_DELETING),
        Rules.all().without(DELETES_ONCE),
        Rules.all().without(UNANSWERED_MOVES));
  }

  @ParameterizedTest
  @MethodSource("keysUsedAgain")
  void aLateDeleteIsSafeUnderNoRuleThatUsesItsKeyAgain(Rules rules) {
    assertThat(loss(Setup.captures(1, 2, UNANSWERED_DELETES), rules)).isNotNull();
  }

  /** The first draft: it asked S3 first, and trusted what it had learned before. */
  private static final List<Safeguard> NOT_IN_THE_DRAFT =
      List.of(
          LOOKS_AT_INHERITED,
          LOOKS_BEFORE_ASKING,
          PUBLISHING_LOCKS_ROW,
          FORGETS_CONDEMNED,
          CONDEMNS_WITH_LEASE,
          TAKES_WITH_LEASE,
          CONDEMNS_BEFORE_RAISING,
          READS_ROOTS_AGAIN,
          DELETES_ONCE);

  static Stream<Safeguard> notInTheDraft() {
    return NOT_IN_THE_DRAFT.stream();
  }

  /** Each of its nine faults is enough, and so none can be left to the others. */
  @ParameterizedTest
  @MethodSource("notInTheDraft")
  void theDraftLosesAChunkWhicheverFaultIsMended(Safeguard mended) {
    var faults = NOT_IN_THE_DRAFT.stream().filter(fault -> fault != mended);
    var rules = Rules.all().without(faults.toArray(Safeguard[]::new));
    assertThat(loss(Setup.captures(1, 1, UNANSWERED_DELETES), rules)).isNotNull();
  }

  private static Checker.@Nullable Violation loss(Setup setup, Rules rules) {
    var protocol = new Protocol(setup, rules);
    return Checker.check(protocol, List.of(new NothingMissing(protocol)), LIMIT).violation();
  }
}
