package io.platen.machine;

import io.platen.database.Database;
import io.platen.hypervisor.Hypervisor;
import io.platen.job.RegularWork;
import io.platen.liveness.Watchdog;
import io.platen.machine.AutoShutdownRule.Seen;
import io.platen.machine.AutoShutdownRule.Watched;
import io.platen.model.Refusal;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Looks how machines are used, and shuts down those that are not, as {@link AutoShutdownRule}. */
public final class AutoShutdown implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(AutoShutdown.class);
  private static final Duration PAUSE = Duration.ofMinutes(1);

  /** How often a machine's turn runs virsh at most. */
  private static final int COMMANDS = 2;

  private final Database database;
  private final MachineRepository machines;
  private final PowerService power;
  private final Hypervisor hypervisor;
  private final Runnable wake;
  private final Consumer<Handle> fence;
  private final InstantSource clock;
  private final LongSupplier nanos;
  private final RegularWork work;

  /** What a machine's processors had done at the look before, and when that was. */
  private record Worked(long processorNanos, long atNanos) {}

  private final Map<String, Worked> worked = new HashMap<>();

  /** Both clocks at one moment. */
  private record Looked(Instant at, long nanos) {}

  private @Nullable Looked looked;

  /**
   * A watch that is not started yet.
   *
   * @param wake has new jobs looked for
   * @param fence as of a {@link io.platen.job.JobRunner}
   * @param nanos as {@link System#nanoTime}
   */
  public AutoShutdown(
      Database database,
      MachineRepository machines,
      PowerService power,
      Hypervisor hypervisor,
      Runnable wake,
      Consumer<Handle> fence,
      InstantSource clock,
      LongSupplier nanos,
      Watchdog watchdog) {
    this.database = database;
    this.machines = machines;
    this.power = power;
    this.hypervisor = hypervisor;
    this.wake = wake;
    this.fence = fence;
    this.clock = clock;
    this.nanos = nanos;
    work =
        new RegularWork(
            "automatic shutdown", hypervisor.settings().longest(COMMANDS), watchdog, this::look);
  }

  public void start() {
    work.start(PAUSE);
  }

  /** Looks once. */
  void look() throws IOException, InterruptedException {
    followClock();
    var watched = database.read(handle -> machines.toShutDown(handle, database.node()));
    Set<String> ids = new HashSet<>();
    watched.forEach(each -> ids.add(each.machine().id()));
    worked.keySet().retainAll(ids);
    if (watched.isEmpty() || !hypervisor.isThere()) {
      return;
    }
    for (var each : watched) {
      work.beat();
      look(each);
    }
  }

  /**
   * Where the clock was set ahead since the last look, or the host slept, machines have not run for
   * that time: what they count from is moved along. One that is set back makes them run longer,
   * which costs nobody's work.
   */
  private void followClock() {
    var now = new Looked(clock.instant(), nanos.getAsLong());
    var before = looked;
    looked = now;
    if (before == null) {
      return;
    }
    var expected = before.at().plusNanos(now.nanos() - before.nanos());
    var ahead = Duration.between(expected, now.at());
    if (ahead.compareTo(AutoShutdownRule.UNSEEN) < 0) {
      return;
    }
    int moved =
        database.transaction(
            handle -> {
              fence.accept(handle);
              return machines.ranSinceLater(handle, database.node(), expected, ahead);
            });
    LOG.warnf(
        "the clock was set ahead by %s: the time that %d machines have run does not count it",
        ahead, moved);
  }

  private void look(Watched before) throws IOException, InterruptedException {
    var domain = before.machine().domain();
    if (domain.isEmpty()) {
      return;
    }
    boolean force = Boolean.TRUE.equals(before.machine().automation().shutdown().force());
    var seen =
        force
            ? new Seen(OptionalInt.empty(), OptionalDouble.empty())
            : new Seen(
                hypervisor.users(domain.get()), processors(before.machine().id(), domain.get()));
    var verdict = AutoShutdownRule.judge(before, seen, clock.instant());
    if (!verdict.watched().equals(before)) {
      database.change(
          handle -> {
            fence.accept(handle);
            machines.noteUse(handle, verdict.watched());
          });
    }
    String why = verdict.why();
    if (why != null) {
      stop(before.machine(), why);
    }
  }

  private OptionalDouble processors(String id, String domain)
      throws IOException, InterruptedException {
    var now = hypervisor.processorNanos(domain);
    long at = nanos.getAsLong();
    var before =
        now.isEmpty() ? worked.remove(id) : worked.put(id, new Worked(now.getAsLong(), at));
    if (now.isEmpty()
        || before == null
        || at <= before.atNanos()
        || now.getAsLong() < before.processorNanos()) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(
        (double) (now.getAsLong() - before.processorNanos()) / (at - before.atNanos()));
  }

  private void stop(Machine machine, String why) {
    try {
      var begun = power.stopUnused(machine.teamId(), machine.id(), why);
      LOG.infof("%s is shut down (%s): %s", machine.id(), begun.event().id(), why);
      wake.run();
    } catch (Refusal e) {
      // It is busy, or was stopped meanwhile; it is looked at again in a minute.
      LOG.infof("%s is not shut down yet: %s", machine.id(), e.text());
    }
  }

  @Override
  public void close() {
    work.close();
  }
}
