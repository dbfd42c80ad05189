package io.platen.hypervisor;

import java.io.IOException;
import java.time.Duration;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoints of a domain of Platen's own: moments of backups from which on its QEMU notes, in
 * the disk's file, what is written. At most two are there, the one of the backup before and that of
 * the backup under way.
 */
final class Checkpoints {
  private static final Logger LOG = Logger.getLogger(Checkpoints.class);
  private static final Duration QUESTION = Duration.ofSeconds(10);
  private static final String PREFIX = "platen-";

  private final Virsh virsh;
  private final String domain;

  Checkpoints(Virsh virsh, String domain) {
    this.virsh = virsh;
    this.domain = domain;
  }

  /** A name that no other checkpoint has. */
  static String newName() {
    return PREFIX + UUID.randomUUID();
  }

  /** What libvirt is told to make a checkpoint of one disk. */
  static String xml(String name, String disk) {
    return """
        <domaincheckpoint>
          <name>%s</name>
          <disks><disk name='%s' checkpoint='bitmap'/></disks>
        </domaincheckpoint>
        """
        .formatted(DomainXml.escape(name), DomainXml.escape(disk));
  }

  /** Removes all of Platen's but one. Whether that one is there. */
  boolean keep(@Nullable String name) throws IOException, InterruptedException {
    boolean found = false;
    String listed;
    try {
      listed = virsh.run(QUESTION, "checkpoint-list", domain, "--name");
    } catch (HypervisorException e) {
      LOG.infof("the checkpoints of %s are not known: %s", domain, e.getMessage());
      return false;
    }
    for (var each : listed.lines().map(String::strip).toList()) {
      if (each.equals(name)) {
        found = true;
      } else if (each.startsWith(PREFIX)) {
        remove(each);
      }
    }
    return found;
  }

  private void remove(String name) throws IOException, InterruptedException {
    try {
      virsh.run(QUESTION, "checkpoint-delete", domain, name);
    } catch (HypervisorException e) {
      // The disk may be another one by now, which does not have it.
      LOG.debugf("the checkpoint %s of %s: %s", name, domain, e.getMessage());
      forget(name);
    }
  }

  private void forget(String name) throws IOException, InterruptedException {
    try {
      virsh.run(QUESTION, "checkpoint-delete", domain, name, "--metadata");
    } catch (HypervisorException e) {
      LOG.infof("the checkpoint %s of %s stays: %s", name, domain, e.getMessage());
    }
  }
}
