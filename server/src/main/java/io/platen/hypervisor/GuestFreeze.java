package io.platen.hypervisor;

import io.platen.process.DeadMansSwitch;
import java.io.IOException;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * Holds a guest's file systems still, through its agent, for the moment in which a copy of its disk
 * begins. They go on after {@link #LIMIT} at the latest, even if this process is killed meanwhile.
 */
final class GuestFreeze implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(GuestFreeze.class);

  /** With what the thaw itself takes, less than ten seconds. */
  private static final Duration LIMIT = Duration.ofSeconds(7);

  /** Writing out what the guest has in memory takes its time. */
  private static final Duration FREEZING = Duration.ofSeconds(5);

  private final String domain;
  private final DeadMansSwitch thaw;
  private final boolean frozen;

  private GuestFreeze(String domain, DeadMansSwitch thaw, boolean frozen) {
    this.domain = domain;
    this.thaw = thaw;
    this.frozen = frozen;
  }

  /** Freezes if there is an agent that answers; close it to thaw. */
  static GuestFreeze of(Virsh virsh, String domain) throws IOException, InterruptedException {
    String command = DeadMansSwitch.quote(virsh.commandLine("domfsthaw", domain));
    // Where libvirt is still busy with the freeze, the thaw waits for its turn.
    var thaw =
        DeadMansSwitch.arm(LIMIT, "%s || { sleep 0.5; exec %s; }".formatted(command, command));
    boolean frozen = false;
    try {
      virsh.run(FREEZING, "domfsfreeze", domain);
      frozen = true;
    } catch (HypervisorException e) {
      LOG.infof("%s is captured as it runs: %s", domain, e.getMessage());
    } catch (IOException | InterruptedException | RuntimeException e) {
      thaw.close();
      throw e;
    }
    return new GuestFreeze(domain, thaw, frozen);
  }

  /** Whether the file systems are held still now. */
  boolean holds() {
    return frozen && thaw.isArmed();
  }

  /** Thaws, whatever the freeze came to. */
  @Override
  public void close() throws IOException {
    try {
      if (thaw.fire() != 0 && frozen) {
        LOG.errorf(
            "the file systems of %s may still be frozen: try \"virsh domfsthaw %s\"",
            domain, domain);
      }
    } catch (InterruptedException e) {
      // It was asked to end; only its end was not waited for.
      Thread.currentThread().interrupt();
    }
  }
}
