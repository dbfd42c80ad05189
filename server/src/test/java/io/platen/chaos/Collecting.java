package io.platen.chaos;

import io.platen.app.Platen;
import io.platen.config.ConfigFile;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Random;
import org.awaitility.Awaitility;

/** Collections while other work goes on, and such that the server does not survive. */
final class Collecting {
  private static final int MAX_MILLIS = 60;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Ground ground;
  private final Random random;
  private final Templates templates;

  Collecting(Ground ground, Templates templates) {
    this.ground = ground;
    this.random = ground.random();
    this.templates = templates;
  }

  /** Captures what lies there as garbage, for as long as a collection takes. */
  void beside() throws Exception {
    templates.delete(true);
    ground.tally().begin(Act.GC_BESIDE);
    templates.captureBeside(Thread.ofPlatform().daemon().start(() -> ground.platen("gc")));
    ground.tally().end(Act.GC_BESIDE);
  }

  /** Kills the server within a collection, which its next start goes on with. */
  void killed() throws Exception {
    templates.delete(true);
    templates.delete(true);
    ground.tally().begin(Act.KILL_IN_GC);
    String request;
    var config = ConfigFile.read(ground.config(), null, null, ground.data());
    try (var platen = Platen.open(config, InstantSource.system())) {
      request = platen.upkeep().collect(false).id();
    }
    Awaitility.await("the begin of a collection")
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(2))
        .until(() -> !isWaiting(request));
    // Not to wait for anything: this is the random moment.
    Thread.sleep(random.nextInt(MAX_MILLIS));
    ground.kill();
    if (!ground.check().left(of(request) + " AND dt_finished IS NULL").isEmpty()) {
      ground.tally().end(Act.KILL_IN_GC);
    }
    ground.server().startAgain();
    Awaitility.await("the end of a collection that was cut off")
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> !ground.check().ids(of(request) + " AND dt_finished IS NOT NULL").isEmpty());
  }

  private boolean isWaiting(String request) throws Exception {
    return !ground
        .check()
        .ids(
            "SELECT task_instance FROM upkeep_job WHERE NOT picked AND task_instance = '%s'"
                .formatted(request))
        .isEmpty();
  }

  private static String of(String request) {
    return "SELECT id FROM upkeep_request WHERE id = '%s'".formatted(request);
  }
}
