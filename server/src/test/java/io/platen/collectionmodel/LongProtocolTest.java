package io.platen.collectionmodel;

import static io.platen.collectionmodel.Part.INDEXES;
import static io.platen.collectionmodel.Part.OLD_OBJECTS;
import static io.platen.collectionmodel.Part.PARALLEL_CHUNKS;
import static io.platen.collectionmodel.Part.UNANSWERED_DELETES;
import static io.platen.collectionmodel.Part.UNANSWERED_PUTS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The same with more beside each other: minutes, and most of a gigabyte. */
@Tag("long")
final class LongProtocolTest {
  private static final int LIMIT = 25_000_000;

  static Stream<Setup> setups() {
    return Stream.of(
        Setup.captures(2, 2, UNANSWERED_DELETES),
        Setup.captures(1, 3, UNANSWERED_DELETES),
        Setup.captures(1, 2, UNANSWERED_DELETES, OLD_OBJECTS),
        Setup.captures(1, 2, UNANSWERED_DELETES, UNANSWERED_PUTS),
        Setup.captures(2, 1, UNANSWERED_DELETES, UNANSWERED_PUTS),
        Setup.captures(2, 1, UNANSWERED_DELETES, OLD_OBJECTS, PARALLEL_CHUNKS),
        Setup.attempts(2),
        Setup.launch(2, UNANSWERED_DELETES, INDEXES),
        Setup.repair(2, 2, UNANSWERED_DELETES),
        Setup.distribution(2, 2, UNANSWERED_DELETES));
  }

  @ParameterizedTest
  @MethodSource("setups")
  void nothingThatIsNeededIsEverMissingAndAllCanEndWell(Setup setup) {
    check(setup, Rules.all());
  }

  static Stream<Variation> variations() {
    return VariationTest.harmless();
  }

  @ParameterizedTest
  @MethodSource("variations")
  void harmlessVariationsStaySoBesideMore(Variation variation) {
    check(Setup.captures(2, 2), Rules.all().allowing(variation));
  }

  @Test
  void theyStaySoTogether() {
    check(Setup.captures(1, 2, UNANSWERED_DELETES), VariationTest.proposed());
  }

  private static void check(Setup setup, Rules rules) {
    var protocol = new Protocol(setup, rules);
    var promises = List.of(new NothingMissing(protocol), new Ending(protocol));
    assertThat(Checker.check(protocol, promises, LIMIT).violation()).isNull();
  }
}
