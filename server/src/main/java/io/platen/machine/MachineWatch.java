package io.platen.machine;

import io.platen.database.ClaimLost;
import io.platen.database.Database;
import io.platen.database.Outage;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.hypervisor.Domains;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.HypervisorException;
import io.platen.hypervisor.OwnDomains;
import io.platen.liveness.OutOfMemory;
import io.platen.liveness.Pulse;
import io.platen.liveness.Watchdog;
import io.platen.paging.SortKeyHistory;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Follows what happens to domains without Platen's doing: one that dies, is stopped by virsh, or
 * boots with the host. Machines with something under way are left to their job.
 */
public final class MachineWatch implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(MachineWatch.class);

  /** Changes are to be seen within 5 s. */
  private static final long SECONDS = 2;

  /** A look runs virsh at most nine times, for ten seconds each. */
  private static final Duration LOOK_LIMIT = Duration.ofMinutes(5);

  /** How many addresses are asked for at a time: each is a run of virsh. */
  private static final int ADDRESSES = 8;

  private final Database database;
  private final MachineRepository machines;
  private final EventRepository events;
  private final Hypervisor hypervisor;
  private final InstantSource clock;
  private final Consumer<Handle> fence;
  private final Watchdog watchdog;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("machine-watch").factory());

  private boolean failing;
  private int turn;

  /**
   * A watch that is not started yet.
   *
   * @param fence as of a {@link io.platen.job.JobRunner}; called before a state is changed
   */
  public MachineWatch(
      Database database,
      MachineRepository machines,
      EventRepository events,
      Hypervisor hypervisor,
      InstantSource clock,
      Consumer<Handle> fence,
      Watchdog watchdog) {
    this.database = database;
    this.machines = machines;
    this.events = events;
    this.hypervisor = hypervisor;
    this.clock = clock;
    this.fence = fence;
    this.watchdog = watchdog;
  }

  public void start() {
    var pulse = watchdog.watch("watch of the machines", LOOK_LIMIT);
    var _ = thread.scheduleWithFixedDelay(() -> attempt(pulse), 0, SECONDS, TimeUnit.SECONDS);
  }

  private void attempt(Pulse pulse) {
    pulse.beat();
    try {
      look();
      failing = false;
    } catch (IOException e) {
      report(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      // Thrown on, it would end the schedule.
      OutOfMemory.endIfItIs(e);
      if (e instanceof ClaimLost || Outage.isOutage(e)) {
        report(e);
      } else {
        LOG.error("watching the machines failed", e);
      }
    }
  }

  private void report(Throwable e) {
    if (!failing) {
      LOG.warnf("the machines can't be watched for now: %s", e.getMessage());
    }
    failing = true;
  }

  /** Looks once. */
  void look() throws IOException, InterruptedException {
    var known =
        database.read(machines::listAll).stream()
            .filter(machine -> machine.domain().isPresent())
            .toList();
    if (known.isEmpty() || !hypervisor.isThere()) {
      return;
    }
    var domains = hypervisor.domains();
    for (var machine : known) {
      follow(machine, domains);
    }
    addresses(known, domains);
  }

  private static boolean isSettled(MachineState state) {
    return state == MachineState.OFF || state == MachineState.READY;
  }

  /** By the UUID: a domain that only has the name of a machine's is another's. */
  private static boolean isActive(Machine machine, Domains domains) {
    return machine
        .domain()
        .map(name -> machine.disk().base() == null ? name : OwnDomains.uuid(machine.id()))
        .flatMap(domains::isActive)
        .orElse(false);
  }

  private void follow(Machine machine, Domains domains) {
    var real = isActive(machine, domains) ? MachineState.READY : MachineState.OFF;
    if (machine.state() == real || !isSettled(machine.state())) {
      return;
    }
    boolean changed =
        database.transaction(
            handle -> {
              fence.accept(handle);
              // The team's row before the machine's, as everywhere.
              SortKeyHistory.begin(handle, machine.teamId());
              var found = machines.lockAny(handle, machine.id());
              boolean undisturbed =
                  found.isPresent()
                      && found.get().state() == machine.state()
                      && events.open(handle, machine.id()).stream()
                          .allMatch(name -> name == EventName.TEMPLATE_CREATE);
              if (undisturbed) {
                machines.changeState(handle, machine.id(), real, clock.instant());
              }
              return undisturbed;
            });
    if (changed) {
      LOG.infof("%s is %s: its domain was changed outside Platen", machine.id(), real.label());
    }
  }

  private void addresses(List<Machine> known, Domains domains)
      throws IOException, InterruptedException {
    for (var machine : known) {
      if (!isActive(machine, domains) && machine.network().privateIp() != null) {
        note(machine, null);
      }
    }
    var running = known.stream().filter(machine -> isActive(machine, domains)).toList();
    var unknown =
        running.stream().filter(machine -> machine.network().privateIp() == null).toList();
    // Leases hardly change; but whoever has one is asked about now and then.
    var asked = unknown.isEmpty() ? running : unknown;
    for (int i = 0; i < Math.min(unknown.isEmpty() ? 1 : ADDRESSES, asked.size()); i++) {
      var machine = asked.get(Math.floorMod(turn++, asked.size()));
      address(machine)
          .filter(ip -> !ip.equals(machine.network().privateIp()))
          .ifPresent(ip -> note(machine, ip));
    }
  }

  private Optional<String> address(Machine machine) throws IOException, InterruptedException {
    try {
      return hypervisor.address(machine.domain().orElseThrow());
    } catch (HypervisorException e) {
      // It has ended since, or its network keeps no leases.
      LOG.debugf("no address of %s: %s", machine.id(), e.getMessage());
      return Optional.empty();
    }
  }

  private void note(Machine machine, @Nullable String ip) {
    database.change(
        handle -> {
          fence.accept(handle);
          machines.changeAddress(handle, machine.id(), ip);
        });
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
