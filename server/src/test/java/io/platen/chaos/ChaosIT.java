package io.platen.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.platen.linux.HostUser;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./platen test --chaos MINUTES [--seed N]}. */
@Tag("long")
final class ChaosIT {
  private static final long MINUTES = Long.getLong("platen.chaos.minutes", 10);
  private static final long SEED = Long.getLong("platen.chaos.seed", System.nanoTime());

  /** Shorter runs need not come to everything. */
  private static final long LONG = 10;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path root;

  @Test
  void nothingIsLostAndNothingIsLeftWhateverHappens() throws Exception {
    assumeTrue(HostUser.isRoot(), "a disk that fills up is mounted by root");
    System.out.printf("chaos: %d minutes, --seed %d%n", MINUTES, SEED);
    try (var chaos = new Chaos(root, SEED, List.of())) {
      try {
        chaos.run(Duration.ofMinutes(MINUTES));
        chaos.end();
      } catch (Exception | AssertionError e) {
        System.out.printf("chaos: what is there now is kept in %s%n", chaos.keep());
        throw e;
      } finally {
        System.out.printf("chaos: %s, --seed %d%n", chaos.tally(), SEED);
      }
      if (MINUTES >= LONG) {
        assertThat(chaos.tally().missing(MINUTES)).as("done too seldom").isEmpty();
      }
    }
  }
}
