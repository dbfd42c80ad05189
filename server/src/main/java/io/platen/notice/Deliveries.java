package io.platen.notice;

import io.platen.config.NotifySettings;
import io.platen.database.Database;
import io.platen.job.RegularWork;
import io.platen.liveness.Watchdog;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/**
 * Delivers what is in the outbox, in the process that has the data directory: one at a time, each
 * at least once. A notice is claimed by one node before it is sent, and leaves the outbox when the
 * receiver has taken it; where the process ends in between, it is sent again under the same id, by
 * this node or another.
 */
public final class Deliveries implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Deliveries.class);

  private static final Duration PAUSE = Duration.ofSeconds(2);

  /** One turn takes one delivery that fails, or any number that succeed. */
  private static final Duration LIMIT = Duration.ofMinutes(5);

  /** For how long a notice is one node's: longer than one that is not taken can last. */
  static final Duration CLAIM = Duration.ofMinutes(1);

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
  private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

  /**
   * After 59 pauses, of which the first ten make 85 minutes and the others an hour each: two days.
   */
  static final int MAX_ATTEMPTS = 60;

  private final Database database;
  private final InstantSource clock;
  private final Consumer<Handle> fence;
  private final NotifySettings settings;
  private final NoticeRepository rows = new NoticeRepository();
  private final Webhook webhook;
  private final RegularWork work;

  /**
   * Deliveries that do not begin yet.
   *
   * @param fence as of a {@link io.platen.job.JobRunner}
   */
  public Deliveries(
      Database database,
      InstantSource clock,
      Consumer<Handle> fence,
      NotifySettings settings,
      Watchdog watchdog) {
    this.database = database;
    this.clock = clock;
    this.fence = fence;
    this.settings = settings;
    webhook = new Webhook(settings, clock);
    work = new RegularWork("notices", LIMIT, watchdog, this::run);
  }

  /**
   * Begins.
   *
   * @throws IOException where the secret can't be read
   */
  public void start() throws IOException {
    var _ = SigningSecret.read(settings.secretFile());
    LOG.infof("notices go to %s", settings.shownUrl());
    work.start(PAUSE);
  }

  /** Forgets what was to be told, and what was told: for a server that has nobody to tell. */
  public static void forget(Database database) {
    database.change(new NoticeRepository()::clear);
  }

  /** Delivers what is due, until one is not taken. */
  void run() throws IOException, InterruptedException {
    while (true) {
      var due = claim();
      if (due.isEmpty()) {
        return;
      }
      work.beat();
      deliver(due.get());
    }
  }

  private Optional<Notice> claim() {
    var now = clock.instant();
    boolean isDue =
        database.read(
            handle -> {
              fence.accept(handle);
              return rows.isDue(handle, now);
            });
    return isDue
        ? database.transaction(
            handle -> {
              fence.accept(handle);
              return rows.claim(handle, now, now.plus(CLAIM));
            })
        : Optional.empty();
  }

  private void deliver(Notice notice) throws IOException, InterruptedException {
    try {
      webhook.post(notice);
    } catch (IOException e) {
      String reason = Outbox.shortened(Objects.requireNonNullElse(e.getMessage(), e.toString()));
      failed(notice, reason);
      throw new IOException("%s does not take them: %s".formatted(settings.shownUrl(), reason), e);
    }
    database.change(handle -> rows.delivered(handle, notice.id()));
    LOG.infof("%s %s delivered", notice.kind(), notice.id());
  }

  private void failed(Notice notice, String reason) {
    int attempts = notice.attempts() + 1;
    var now = clock.instant();
    database.change(
        handle -> {
          fence.accept(handle);
          if (attempts >= MAX_ATTEMPTS) {
            rows.giveUp(handle, notice.id(), reason, now);
            rows.forgetGivenUp(handle, now.minus(Outbox.REMEMBERED), Outbox.MAX_GIVEN_UP);
          } else {
            rows.putOff(handle, notice.id(), reason, now.plus(pause(attempts)));
          }
        });
    if (attempts >= MAX_ATTEMPTS) {
      LOG.errorf("%s %s is given up: %s", notice.kind(), notice.id(), reason);
    }
  }

  /** How long to wait after so many attempts. */
  static Duration pause(int attempts) {
    // 2^10 times the first pause is longer than the longest.
    var doubled = FIRST_PAUSE.multipliedBy(1L << Math.min(attempts - 1, 10));
    return doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
  }

  @Override
  public void close() {
    work.close();
    webhook.close();
  }
}
