package io.platen.network;

import io.platen.database.Database;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.HypervisorException;
import io.platen.hypervisor.Mark;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Private networks as libvirt has them: each is made when its first machine starts, and removed
 * after it was deleted. Every step can be repeated, and what a crash leaves is taken up by the next
 * one.
 */
public final class LibvirtNetworks {
  private static final Logger LOG = Logger.getLogger(LibvirtNetworks.class);
  private static final String PREFIX = "platen-";

  /** How many complaints are remembered, so as not to repeat them. */
  private static final int SAID = 100;

  private final Database database;
  private final PrivateNetworkRepository networks;
  private final Hypervisor hypervisor;
  private final String installation;
  private final LinkedHashSet<String> said = new LinkedHashSet<>();

  /**
   * The networks of one installation.
   *
   * @param installation the id that its networks are marked with
   */
  public LibvirtNetworks(
      Database database,
      PrivateNetworkRepository networks,
      Hypervisor hypervisor,
      String installation) {
    this.database = database;
    this.networks = networks;
    this.hypervisor = hypervisor;
    this.installation = installation;
  }

  /**
   * Makes sure that libvirt has a team's network, and that it is active.
   *
   * @param file its definition for libvirt (XML)
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
    hypervisor.startIsolatedNetwork(name, network.prefix(), mark(network.id()), file);
    return name;
  }

  /**
   * Removes what libvirt has of networks that are deleted here. What can't be removed is named in
   * the log, and tried again the next time: every few seconds while a server runs.
   */
  public synchronized void removeDeleted() throws InterruptedException {
    if (!database.read(networks::hasDeleted) || !hypervisor.isThere()) {
      return;
    }
    try {
      for (var network : left()) {
        remove(network);
      }
    } catch (IOException e) {
      say("deleted private networks stay in libvirt for now: " + e.getMessage());
    }
  }

  private void remove(PrivateNetwork network) throws InterruptedException {
    try {
      hypervisor.removeNetwork(PREFIX + network.id(), network.prefix(), mark(network.id()));
      LOG.infof("libvirt forgot the network of the deleted %s", network.id());
    } catch (IOException e) {
      say(
          "the deleted private network %s stays in libvirt for now: %s"
              .formatted(network.id(), e.getMessage()));
    }
  }

  /** Says it once, however often it is so: this is tried every few seconds. */
  private void say(String what) {
    if (said.add(what)) {
      LOG.warn(what);
    }
    if (said.size() > SAID) {
      said.removeFirst();
    }
  }

  private List<PrivateNetwork> left() throws IOException, InterruptedException {
    var known = ids();
    return database.read(handle -> networks.deleted(handle, known));
  }

  /** What the names of libvirt's networks that look like Platen's end with. */
  private List<String> ids() throws IOException, InterruptedException {
    return hypervisor.networks().stream()
        .filter(name -> name.startsWith(PREFIX))
        .map(name -> name.substring(PREFIX.length()))
        .toList();
  }

  /**
   * The names of libvirt's networks that carry this installation's mark and that the database does
   * not know, as after an older one was put back. They are never touched; a machine that is taken
   * on again brings its own back.
   */
  public synchronized List<String> lost() throws IOException, InterruptedException {
    if (!hypervisor.isThere()) {
      return List.of();
    }
    var lost = new ArrayList<String>();
    for (var id : ids()) {
      boolean unknown = !database.read(handle -> networks.isKnown(handle, id));
      if (unknown && hypervisor.networkMark(PREFIX + id).equals(Optional.of(mark(id)))) {
        lost.add(PREFIX + id);
      }
    }
    return lost;
  }

  private Mark mark(String id) {
    return new Mark(installation, id);
  }
}
