package io.platen.machine;

import io.platen.database.Database;
import io.platen.event.EventName;
import io.platen.event.EventRepository;
import io.platen.hypervisor.Domains;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.OwnDomains;
import io.platen.job.RegularWork;
import io.platen.liveness.Watchdog;
import io.platen.paging.SortKeyHistory;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/**
 * Follows what happens to domains without Platen's doing: one that dies, is stopped by virsh, or
 * boots with the host. Machines with something under way are left to their job.
 */
public final class MachineWatch implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(MachineWatch.class);

  /** Changes are to be seen within 5 s. */
  private static final Duration PAUSE = Duration.ofSeconds(2);

  /** How often a look runs virsh at most. */
  private static final int COMMANDS = 28;

  private final Database database;
  private final MachineRepository machines;
  private final EventRepository events;
  private final Hypervisor hypervisor;
  private final InstantSource clock;
  private final Consumer<Handle> fence;
  private final RegularWork work;
  private final MachineAddresses addresses;

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
    addresses = new MachineAddresses(database, machines, hypervisor, fence);
    work =
        new RegularWork(
            "watch of the machines", hypervisor.settings().longest(COMMANDS), watchdog, this::look);
  }

  public void start() {
    work.start(PAUSE);
  }

  /** Looks once. */
  void look() throws IOException, InterruptedException {
    var known =
        database.read(handle -> machines.listOn(handle, database.node())).stream()
            .filter(machine -> machine.domain().isPresent())
            .toList();
    if (known.isEmpty() || !hypervisor.isThere()) {
      return;
    }
    var domains = hypervisor.domains();
    for (var machine : known) {
      follow(machine, domains);
    }
    addresses.look(known, machine -> isActive(machine, domains));
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
                          .allMatch(EventName::leavesMachineAlone);
              if (undisturbed) {
                machines.changeState(handle, machine.id(), real, clock.instant());
              }
              return undisturbed;
            });
    if (changed) {
      LOG.infof("%s is %s: its domain was changed outside Platen", machine.id(), real.label());
    }
  }

  @Override
  public void close() {
    work.close();
  }
}
