package io.platen.network;

import io.platen.database.Database;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.HypervisorException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Private networks as libvirt has them: each is made when its first machine starts, and removed
 * after it was deleted. Every step can be repeated, and what a crash leaves is taken up by the next
 * one.
 */
public final class LibvirtNetworks {
  private static final Logger LOG = Logger.getLogger(LibvirtNetworks.class);
  private static final String PREFIX = "platen-";

  private final Database database;
  private final PrivateNetworkRepository networks;
  private final Hypervisor hypervisor;

  public LibvirtNetworks(
      Database database, PrivateNetworkRepository networks, Hypervisor hypervisor) {
    this.database = database;
    this.networks = networks;
    this.hypervisor = hypervisor;
  }

  /**
   * Makes sure that libvirt has a team's network, and that it is active.
   *
   * @param file where libvirt is told about it
   * @return its name in libvirt
   * @throws HypervisorException where it was deleted, or libvirt refuses
   */
  public String start(String teamId, String id, Path file)
      throws IOException, InterruptedException {
    var network =
        database
            .read(handle -> networks.find(handle, teamId, id))
            .orElseThrow(() -> new HypervisorException("the private network " + id + " is gone"));
    // One of them may have had the same subnet.
    removeDeleted();
    String name = PREFIX + id;
    hypervisor.startIsolatedNetwork(name, network.prefix(), file);
    return name;
  }

  /**
   * Removes what libvirt has of networks that are deleted here. What can't be removed is named in
   * the log, and tried again the next time: when a network is deleted, when a machine on one
   * starts, when the server does.
   */
  public synchronized void removeDeleted() throws InterruptedException {
    if (!database.read(networks::hasDeleted) || !hypervisor.isThere()) {
      return;
    }
    try {
      for (var id : left()) {
        hypervisor.removeNetwork(PREFIX + id);
        LOG.infof("libvirt forgot the network of the deleted %s", id);
      }
    } catch (IOException e) {
      LOG.warnf("deleted private networks stay in libvirt for now: %s", e.getMessage());
    }
  }

  private List<String> left() throws IOException, InterruptedException {
    var known =
        hypervisor.networks().stream()
            .filter(name -> name.startsWith(PREFIX))
            .map(name -> name.substring(PREFIX.length()))
            .toList();
    return database.read(handle -> networks.deleted(handle, known));
  }
}
