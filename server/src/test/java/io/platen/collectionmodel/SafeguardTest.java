package io.platen.collectionmodel;

import static io.platen.collectionmodel.Part.OLD_OBJECTS;
import static io.platen.collectionmodel.Part.UNANSWERED_DELETES;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each safeguard is taken away alone. {@code -Dcollectionmodel.traces=true} prints the shortest way
 * to what is lost then.
 */
final class SafeguardTest {
  private static final int LIMIT = 3_000_000;

  /** What breaks first without a safeguard, and where that shows. */
  private record Needed(boolean againstLoss, Setup setup) {}

  @ParameterizedTest
  @EnumSource
  void withoutASafeguardSomethingIsLostOrHangs(Safeguard safeguard) {
    var needed = needed(safeguard);
    var protocol = new Protocol(needed.setup(), Rules.all().without(safeguard));
    var loss = Checker.check(protocol, List.of(new NothingMissing(protocol)), LIMIT).violation();
    if (needed.againstLoss()) {
      print(safeguard, loss);
      assertThat(loss).isNotNull();
    } else {
      assertThat(loss).isNull();
      var hangs = Checker.check(protocol, List.of(new Ending(protocol)), LIMIT).violation();
      print(safeguard, hangs);
      assertThat(hangs).isNotNull();
    }
  }

  private static void print(Safeguard safeguard, Checker.@Nullable Violation violation) {
    if (Boolean.getBoolean("collectionmodel.traces")) {
      System.out.printf("%nRule %d, without: %s%n%s%n", safeguard.rule, safeguard.text, violation);
    }
  }

  private static Needed needed(Safeguard safeguard) {
    return switch (safeguard) {
      case LEARNS_UNDER_ITS_ROW,
          NEW_ROW_LEARNS_ANEW,
          ROW_KEEPS_GENERATION,
          LOOKS_AT_FOUND,
          LOOK_REMOVES_CONDEMNED,
          LOOK_REMOVES_ONLY_CONDEMNED,
          LOOK_WAITS_FOR_DELETING,
          LOOKS_BEFORE_ASKING,
          KNOWN_BY_ROOT,
          PUBLISHES_WITH_ROW_ONLY,
          PUBLISHING_LOCKS_ROW,
          ROW_GOES_WITH_PUBLICATION,
          DELETED_IS_ROOT,
          UNDELETE_RESPECTS_PURGE,
          NO_CLOCK_DECIDES,
          CONDEMNS_BEFORE_RAISING,
          RAISES_GENERATION,
          WAITS_FOR_OLDER_SESSIONS,
          READS_ROOTS_AGAIN,
          READS_ROOTS_AFTER_WAITING,
          PARDONS_ALL_UNMARKED,
          TAKES_BEFORE_DELETING,
          ROW_STAYS_UNTIL_ANSWERED ->
          loss(Setup.captures(1, 1));
      case LOOKS_AT_PUT,
          LOOK_READS_EPOCH,
          ASKS_AT_EPOCH,
          PUTS_AT_EPOCH,
          DELETES_ONCE,
          UNANSWERED_MOVES,
          DELETES_ONLY_BELOW_EPOCH ->
          loss(Setup.captures(1, 1, UNANSWERED_DELETES));
      case LOOKS_AT_INHERITED, KNOWN_BY_ROOT_SINCE_LOOK -> loss(Setup.captures(2, 1));
      case BEGINS_IN_ONE_TRANSACTION,
          FORGETS_CONDEMNED,
          MOVES_DELETING,
          CONDEMNS_WITH_LEASE,
          CONDEMNING_LOCKS_LEASE,
          TAKES_WITH_LEASE,
          TAKING_LOCKS_LEASE ->
          loss(Setup.captures(1, 2));
      case CLEARS_OWN_ROWS -> loss(Setup.captures(2, 2));
      case KNOWN_BY_ROOT_OF_STORE -> loss(Setup.distribution(1, 1));
      case KEYS_CARRY_ATTEMPT,
          ROW_NAMES_ATTEMPT,
          INDEX_PUT_BEFORE_PUBLISHING,
          INDEXES_LISTED_BEFORE_RAISING,
          INDEXES_KEPT_BY_ROOTS_AFTER_WAITING ->
          loss(Setup.attempts(1));
      case MACHINES_ARE_ROOTS, LAUNCHES_ARE_ROOTS, LAUNCH_LOCKS_TEMPLATE -> loss(Setup.launch(1));
      case BAD_CHUNK_STAYS, BAD_CHUNK_KEEPS_EPOCH -> loss(Setup.repair(1, 1));
      case LOOK_SEES_MARK, MARKS_OF_GONE_CHUNKS_GO -> hangs(Setup.repair(1, 1));
      case DELETES_BELOW_EPOCH -> hangs(Setup.captures(1, 1, UNANSWERED_DELETES, OLD_OBJECTS));
    };
  }

  private static Needed loss(Setup setup) {
    return new Needed(true, setup);
  }

  private static Needed hangs(Setup setup) {
    return new Needed(false, setup);
  }
}
