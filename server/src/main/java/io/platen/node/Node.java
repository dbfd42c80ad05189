package io.platen.node;

import io.platen.config.DataDirectory;
import io.platen.config.HostName;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.OwnDomains;
import java.io.IOException;

/**
 * This host's part of an installation: the machines that are here, the base images that they stand
 * on, the hypervisor that runs them, and the directory for sockets.
 *
 * @param data where machines, base images and sockets are
 * @param hypervisor this host's
 * @param domains those of its domains that are this installation's
 */
public record Node(DataDirectory data, Hypervisor hypervisor, OwnDomains domains) {
  /**
   * Identifies this node: the process that holds the lock of its data directory is the only one.
   */
  public String name() throws IOException {
    return HostName.get() + ":" + data.root();
  }
}
