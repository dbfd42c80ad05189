package io.platen.collectionmodel;

import static io.platen.collectionmodel.Part.INDEXES;
import static io.platen.collectionmodel.Part.LAUNCH;
import static io.platen.collectionmodel.Part.OLD_OBJECTS;
import static io.platen.collectionmodel.Part.PARALLEL_CHUNKS;
import static io.platen.collectionmodel.Part.UNANSWERED_DELETES;
import static io.platen.collectionmodel.Part.UNANSWERED_PUTS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The protocol as it is proposed, in every state that can be reached. */
final class ProtocolTest {
  private static final int LIMIT = 5_000_000;

  static Stream<Setup> setups() {
    return Stream.of(
        Setup.captures(2, 2),
        Setup.captures(1, 2, UNANSWERED_DELETES, PARALLEL_CHUNKS),
        Setup.captures(1, 1, UNANSWERED_DELETES, UNANSWERED_PUTS, OLD_OBJECTS),
        Setup.attempts(1, UNANSWERED_DELETES),
        Setup.launch(2, UNANSWERED_DELETES),
        Setup.launch(1, UNANSWERED_DELETES, INDEXES),
        Setup.repair(2, 1, UNANSWERED_DELETES),
        Setup.repair(1, 2, UNANSWERED_DELETES),
        Setup.distribution(2, 1, UNANSWERED_DELETES),
        Setup.distribution(1, 2, UNANSWERED_DELETES, LAUNCH));
  }

  @ParameterizedTest
  @MethodSource("setups")
  void nothingThatIsNeededIsEverMissingAndAllCanEndWell(Setup setup) {
    var protocol = new Protocol(setup, Rules.all());
    var promises = List.of(new NothingMissing(protocol), new Ending(protocol));
    assertThat(Checker.check(protocol, promises, LIMIT).violation()).isNull();
  }

  static Stream<Setup> smallSetups() {
    return Stream.of(
        Setup.captures(1, 2),
        Setup.captures(2, 1),
        Setup.captures(1, 1, UNANSWERED_DELETES, UNANSWERED_PUTS, OLD_OBJECTS),
        Setup.attempts(1),
        Setup.launch(1, UNANSWERED_DELETES),
        Setup.repair(1, 1, UNANSWERED_DELETES),
        Setup.distribution(1, 1, UNANSWERED_DELETES));
  }

  @ParameterizedTest
  @MethodSource("smallSetups")
  void nobodyWaitsForSomebodyWhoWaits(Setup setup) {
    var protocol = new Protocol(setup, Rules.all());
    var promises = List.<Promise>of(new NoDeadlock(protocol));
    assertThat(Checker.check(protocol, promises, LIMIT).violation()).isNull();
  }

  /** A protocol that does little keeps its promises easily. */
  @Test
  void whatIsToBeTriedIsTried() {
    var taken = new HashSet<String>();
    for (var setup : List.of(Setup.captures(1, 2, UNANSWERED_DELETES), Setup.repair(1, 1))) {
      take(new Protocol(setup, Rules.all()), taken);
    }
    assertThat(taken)
        .contains(
            "S1 c looks: condemned",
            "S1 c HEAD c~1: missing",
            "S1 c PUT c~1",
            "S1 a is known: a root names it",
            "S1 is believed dead: its row is removed",
            "S1 may not publish",
            "K1 has lost the lease, and ends",
            "K2 takes the lease over from K1",
            "K2 pardons ac",
            "K2 DELETE c~1",
            "K1 DELETE c: no answer",
            "a late DELETE of a~1 lands",
            "T0 is undeleted",
            "repair GET a: wrong bytes",
            "repair marks a",
            "S1 a PUT a",
            "S1 a is unmarked");
  }

  private static void take(Protocol protocol, Set<String> taken) {
    Model labelled =
        new Model() {
          @Override
          public State initial() {
            return protocol.initial();
          }

          @Override
          public void steps(State state, Steps out) {
            protocol.steps(
                state,
                (next, what) -> {
                  taken.add(what.get());
                  out.step(next, what);
                });
          }
        };
    Checker.check(labelled, new ArrayList<>(), LIMIT);
  }
}
