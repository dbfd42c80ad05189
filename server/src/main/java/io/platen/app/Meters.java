package io.platen.app;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.platen.backup.NightlyBackup;
import io.platen.capture.CaptureTotals;
import io.platen.database.Database;
import io.platen.database.Outage;
import io.platen.event.Backlog;
import io.platen.event.EventName;
import io.platen.event.EventState;
import io.platen.http.Admission;
import io.platen.job.JobTotals;
import io.platen.template.WaitingTemplates;
import io.platen.upkeep.PurgeHint;
import io.platen.upkeep.StoreUpkeep;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** What /metrics shows beyond requests and the JVM; docs/operations.md explains each. */
final class Meters {
  private static final Logger LOG = Logger.getLogger(Meters.class);

  /** One look at the database serves all meters of one scrape. */
  private static final long FRESH_NANOS = Duration.ofSeconds(2).toNanos();

  private final MeterRegistry registry;
  private final Platen platen;
  private final InstantSource clock;
  private @Nullable Rows rows;
  private long rowsNanos;

  /**
   * What one look at the database said.
   *
   * @param purgeable how many templates wait to be purged
   */
  private record Rows(List<Backlog> backlog, long purgeable) {}

  Meters(MeterRegistry registry, Platen platen) {
    this.registry = registry;
    this.platen = platen;
    this.clock = platen.clock();
  }

  void bind(Workers workers, StoreSize store, Admission admission) {
    for (var name : EventName.values()) {
      bindJobs(name, workers.jobs().totals());
    }
    bindCaptures(workers.captures());
    var upkeep = workers.upkeep().work();
    counter(
        "platen.collected.bytes", "Removed from the store", upkeep, StoreUpkeep::collectedBytes);
    counter(
        "platen.scrub.bytes", "Read by scrubs of the store", upkeep, StoreUpkeep::scrubbedBytes);
    counter("platen.scrub.bad.chunks", "Bad chunks scrubs found", upkeep, StoreUpkeep::badChunks);
    gauge("platen.store.bytes", "Size of all files of the store", store, StoreSize::bytes);
    gauge("platen.store.chunks", "Chunks in the store at the last count", store, StoreSize::chunks);
    gauge("platen.store.free.bytes", "What its file system has left", store, StoreSize::freeBytes);
    gauge(
        "platen.backup.age.seconds",
        "Age of the newest dump of the database in the store",
        workers.backup(),
        NightlyBackup::ageSeconds);
    gauge(
        "platen.purgeable.templates",
        "Deleted templates and snapshots that can still be undeleted",
        this,
        Meters::purgeable);
    gauge(
        "platen.purgeable.bytes",
        "What purging them would free; 0 unless the store is nearly full",
        workers.purgeHint(),
        PurgeHint::bytes);
    gauge("platen.requests.active", "Requests under way", admission, Admission::underWay);
    FunctionCounter.builder("platen.sql.statements", platen.database(), Database::statements)
        .description("SQL statements run, without those of the queue of jobs")
        .register(registry);
    gauge(
        "platen.events.oldest.seconds",
        "Age of the oldest event that has not ended",
        this,
        Meters::oldest);
  }

  private void counter(
      String name, String what, StoreUpkeep upkeep, ToDoubleFunction<StoreUpkeep> value) {
    FunctionCounter.builder(name, upkeep, value).description(what).register(registry);
  }

  private <T> void gauge(String name, String what, T source, ToDoubleFunction<T> value) {
    Gauge.builder(name, source, value).description(what).strongReference(true).register(registry);
  }

  private void bindJobs(EventName name, JobTotals totals) {
    Gauge.builder("platen.jobs.running", totals, jobs -> jobs.running(name))
        .description("Jobs of this process that run now")
        .tag("name", name.label())
        .strongReference(true)
        .register(registry);
    for (var state : List.of(EventState.DONE, EventState.ERROR)) {
      FunctionCounter.builder("platen.jobs.ended", totals, jobs -> jobs.ended(name, state))
          .description("Jobs that this process ended")
          .tag("name", name.label())
          .tag("state", state.label())
          .register(registry);
    }
    for (var state : List.of(EventState.NEW, EventState.IN_PROGRESS)) {
      Gauge.builder("platen.events.open", this, meters -> meters.open(name, state))
          .description("Events that have not ended; \"new\" ones wait in the queue")
          .tag("name", name.label())
          .tag("state", state.label())
          .strongReference(true)
          .register(registry);
    }
  }

  private void bindCaptures(CaptureTotals totals) {
    bytes("read", totals, CaptureTotals::read);
    bytes("zero", totals, CaptureTotals::zero);
    bytes("inherited", totals, CaptureTotals::inherited);
    bytes("deduplicated", totals, CaptureTotals::deduplicated);
    bytes("new", totals, CaptureTotals::fresh);
    bytes("stored", totals, CaptureTotals::stored);
  }

  private void bytes(String kind, CaptureTotals totals, ToDoubleFunction<CaptureTotals> value) {
    FunctionCounter.builder("platen.capture.bytes", totals, value)
        .description("Bytes of captured disks, by what became of them")
        .tag("kind", kind)
        .register(registry);
  }

  private double open(EventName name, EventState state) {
    var now = rows();
    return now == null
        ? Double.NaN
        : now.backlog().stream()
            .filter(some -> some.name() == name && some.state() == state)
            .mapToLong(Backlog::events)
            .sum();
  }

  private double purgeable() {
    var now = rows();
    return now == null ? Double.NaN : now.purgeable();
  }

  private double oldest() {
    var now = rows();
    if (now == null) {
      return Double.NaN;
    }
    return now.backlog().stream()
        .map(Backlog::oldest)
        .filter(Objects::nonNull)
        .min(Instant::compareTo)
        .map(since -> Duration.between(since, clock.instant()).toMillis() / 1000.0)
        .orElse(0.0);
  }

  /** Null where the database can't be asked. */
  private synchronized @Nullable Rows rows() {
    long now = System.nanoTime();
    if (rowsNanos == 0 || now - rowsNanos > FRESH_NANOS) {
      try {
        rows =
            new Rows(
                platen.database().read(platen.eventRows()::backlog),
                platen.purgeable().waiting().map(WaitingTemplates::count).orElse(0L));
      } catch (RuntimeException e) {
        if (!Outage.isOutage(e)) {
          throw e;
        }
        LOG.debugf("nothing of the database for the metrics: %s", e);
        rows = null;
      }
      rowsNanos = System.nanoTime();
    }
    return rows;
  }
}
