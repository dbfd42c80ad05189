package io.platen.doctor;

import io.platen.config.NotifySettings;
import io.platen.config.ServerConfig;
import io.platen.database.Database;
import io.platen.notice.Outbox;
import io.platen.notice.OutboxState;
import java.nio.file.Files;
import java.time.Duration;
import java.time.InstantSource;

/** Looks whether the operator is told of what is wrong. */
final class NoticeCheck {
  private static final String NOTICES = "notices";

  private NoticeCheck() {}

  /** Looks into a database that is up to date. */
  static Diagnosis run(ServerConfig config, Database database, InstantSource clock) {
    var settings = config.notices();
    if (settings == null) {
      return new Diagnosis(
          Diagnosis.Kind.OPTIONAL,
          NOTICES,
          "nobody is told when something is wrong",
          "name an address with notify.url in the configuration");
    }
    if (!Files.isReadable(settings.secretFile())) {
      return missing(
          settings.secretFile() + ", the secret that signs them, can't be read",
          "see that it is there, and that this user may read it");
    }
    return diagnosis(settings, Outbox.state(database, clock.instant()), clock);
  }

  private static Diagnosis diagnosis(
      NotifySettings settings, OutboxState state, InstantSource clock) {
    var since = state.failingSince();
    if (since != null) {
      return missing(
          "%s takes none since %s (%d min): %s; %d wait, %d of them tried"
              .formatted(
                  settings.shownUrl(),
                  since,
                  Duration.between(since, clock.instant()).toMinutes(),
                  state.failure(),
                  state.waiting(),
                  state.failing()),
          "see that it answers with a 2xx; they are tried again by themselves");
    }
    if (state.givenUp() > 0) {
      return new Diagnosis(
          Diagnosis.Kind.OPTIONAL,
          NOTICES,
          "%d were given up in the last 30 days, the last at %s; the log names them"
              .formatted(state.givenUp(), state.lastGivenUp()),
          "");
    }
    return Diagnosis.ok(
        NOTICES, "go to %s; %d wait".formatted(settings.shownUrl(), state.waiting()));
  }

  private static Diagnosis missing(String detail, String remedy) {
    return new Diagnosis(Diagnosis.Kind.MISSING, NOTICES, detail, remedy);
  }
}
