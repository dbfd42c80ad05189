package io.platen.collectionmodel;

import static io.platen.collectionmodel.Part.INDEXES;
import static io.platen.collectionmodel.Part.UNANSWERED_DELETES;
import static io.platen.collectionmodel.Variation.CLEARS_ROWS_OF_OTHERS;
import static io.platen.collectionmodel.Variation.CLEARS_UP_AFTER_LEASE;
import static io.platen.collectionmodel.Variation.CLEARS_WITHOUT_LEASE;
import static io.platen.collectionmodel.Variation.FINISHES_DELETING;
import static io.platen.collectionmodel.Variation.GENERATION_READ_BEFORE_ROW;
import static io.platen.collectionmodel.Variation.LEAVES_DELETING;
import static io.platen.collectionmodel.Variation.LISTS_BEFORE_MARKING;
import static io.platen.collectionmodel.Variation.LIST_ANSWERS_ANYTHING;
import static io.platen.collectionmodel.Variation.LOOK_IN_TWO_TRANSACTIONS;
import static io.platen.collectionmodel.Variation.LOOK_MOVES_DELETING;
import static io.platen.collectionmodel.Variation.MACHINES_READ_FIRST;
import static io.platen.collectionmodel.Variation.PARDONS_WITHOUT_LEASE;
import static io.platen.collectionmodel.Variation.PUTS_WITHOUT_ASKING;
import static io.platen.collectionmodel.Variation.ROOTS_READ_IN_PAGES;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the protocol could do otherwise, and whether it may. */
final class VariationTest {
  private static final int LIMIT = 5_000_000;

  static Stream<Variation> harmless() {
    return Stream.of(
        GENERATION_READ_BEFORE_ROW,
        LOOK_IN_TWO_TRANSACTIONS,
        LOOK_MOVES_DELETING,
        PUTS_WITHOUT_ASKING,
        LIST_ANSWERS_ANYTHING,
        ROOTS_READ_IN_PAGES,
        CLEARS_UP_AFTER_LEASE,
        LISTS_BEFORE_MARKING,
        PARDONS_WITHOUT_LEASE,
        CLEARS_WITHOUT_LEASE,
        CLEARS_ROWS_OF_OTHERS);
  }

  @ParameterizedTest
  @MethodSource("harmless")
  void theProtocolMayDoSo(Variation variation) {
    var rules = Rules.all().allowing(variation);
    assertThat(broken(Setup.captures(1, 2), rules)).isNull();
    assertThat(broken(Setup.captures(2, 1, UNANSWERED_DELETES), rules)).isNull();
    assertThat(broken(Setup.launch(1, UNANSWERED_DELETES, INDEXES), rules)).isNull();
  }

  @Test
  void theProtocolMayDoAllOfItTogether() {
    var rules = proposed();
    assertThat(broken(Setup.captures(1, 1, UNANSWERED_DELETES), rules)).isNull();
    assertThat(broken(Setup.captures(2, 1), rules)).isNull();
    assertThat(broken(Setup.launch(1, INDEXES), rules)).isNull();
  }

  /** All that the protocol may do otherwise and would do with good reason. */
  static Rules proposed() {
    return Rules.all()
        .allowing(
            GENERATION_READ_BEFORE_ROW,
            LOOK_IN_TWO_TRANSACTIONS,
            LOOK_MOVES_DELETING,
            LIST_ANSWERS_ANYTHING,
            ROOTS_READ_IN_PAGES,
            CLEARS_UP_AFTER_LEASE,
            PARDONS_WITHOUT_LEASE,
            CLEARS_ROWS_OF_OTHERS);
  }

  @Test
  void machinesReadBeforeTemplatesLoseTheIndexOfALaunch() {
    var rules = Rules.all().allowing(MACHINES_READ_FIRST);
    assertThat(broken(Setup.launch(1, INDEXES), rules)).isNotNull();
  }

  @Test
  void deletesFinishedForAnotherOwnerLoseAChunk() {
    assertThat(broken(Setup.captures(1, 2), Rules.all().allowing(FINISHES_DELETING))).isNotNull();
  }

  @Test
  void deletingRowsThatAreLeftAloneStayForEver() {
    assertThat(broken(Setup.captures(1, 1), Rules.all().allowing(LEAVES_DELETING))).isNotNull();
  }

  @Test
  void aSessionHangsBesideADeletingRowThatIsLeftAlone() {
    var protocol = new Protocol(Setup.captures(1, 2), Rules.all().allowing(LEAVES_DELETING));
    var promises = List.<Promise>of(new NoDeadlock(protocol));
    assertThat(Checker.check(protocol, promises, LIMIT).violation()).isNotNull();
  }

  @Test
  void aSessionThatWaitsForADeadCollectionWaitsForTheNextOne() {
    var waits = waiting(Rules.all());
    assertThat(waits).isNotNull();
    assertThat(waiting(Rules.all().allowing(LOOK_MOVES_DELETING))).isNull();
  }

  private static Checker.@Nullable Violation waiting(Rules rules) {
    var protocol = new Protocol(Setup.captures(1, 2), rules);
    var promise = new SessionNeedsNoCollection(protocol);
    return Checker.check(protocol, List.of(promise), LIMIT).violation();
  }

  private static Checker.@Nullable Violation broken(Setup setup, Rules rules) {
    var protocol = new Protocol(setup, rules);
    var promises = List.of(new NothingMissing(protocol), new Ending(protocol));
    return Checker.check(protocol, promises, LIMIT).violation();
  }
}
