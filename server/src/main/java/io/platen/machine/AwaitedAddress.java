package io.platen.machine;

import io.platen.database.Database;
import io.platen.job.JobContext;
import io.platen.job.JobStopped;
import io.platen.network.PublicIpType;
import java.io.IOException;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * Holds the start of a machine with a public address back until it has its addresses, that in its
 * private network included: clients read them as soon as the machine is ready, and do not ask
 * again. {@link MachineWatch} notes them.
 */
final class AwaitedAddress {
  private static final Logger LOG = Logger.getLogger(AwaitedAddress.class);

  /** Most guests take an address within seconds; some never do. */
  private static final Duration LIMIT = Duration.ofSeconds(90);

  /** A guest that is emulated boots in a minute, on a busy host in several. */
  private static final Duration EMULATED_LIMIT = Duration.ofMinutes(5);

  private static final Duration LOOK = Duration.ofMillis(250);

  /** How often it is looked whether the guest is still there. */
  private static final int LOOKS = 8;

  private final Database database;
  private final MachineRepository machines;
  private final MachineRun run;

  AwaitedAddress(Database database, MachineRepository machines, MachineRun run) {
    this.database = database;
    this.machines = machines;
    this.run = run;
  }

  /** Starts a machine, and waits for its address if it is to have a public one. */
  void start(Machine machine, JobContext context)
      throws IOException, InterruptedException, JobStopped {
    context.phase("starting", 0);
    String id = machine.id();
    // What it had before it was off says nothing.
    database.change(handle -> machines.changeAddresses(handle, id, null, null));
    run.start(machine, context);
    if (machine.network().publicAddress().type() == PublicIpType.NONE || !run.hasPublicIps()) {
      return;
    }
    context.phase("waiting for an address", 0);
    var limit = run.isAccelerated() ? LIMIT : EMULATED_LIMIT;
    long end = System.nanoTime() + limit.toNanos();
    for (int look = 1; System.nanoTime() < end; look++) {
      context.throwIfStopped();
      var now = database.read(handle -> machines.require(handle, id));
      if (now.network().hasItsAddresses() || !isThere(now, look)) {
        return;
      }
      Thread.sleep(LOOK);
    }
    LOG.warnf("%s runs, and has not taken its addresses within %d s", id, limit.toSeconds());
  }

  private boolean isThere(Machine machine, int look) throws IOException, InterruptedException {
    return look % LOOKS != 0 || run.isRunning(machine);
  }
}
