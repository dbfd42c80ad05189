package io.platen.network;

import io.platen.config.AddressRange;
import io.platen.database.Database;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.HypervisorException;
import io.platen.hypervisor.NetworkAddresses;
import io.platen.hypervisor.OwnDomains;
import io.platen.hypervisor.Reservation;
import io.platen.model.Ids;
import io.platen.model.Ipv4;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * The reservations that libvirt's network holds for machines with a static address: one for each,
 * under the name of its domain. The database says which there are to be; libvirt is brought to that
 * after each change, before a machine starts, and now and then, so that nothing is lost between the
 * two. Reservations of machines that the database never knew are another's, and stay.
 */
public final class StaticAddresses {
  private static final Logger LOG = Logger.getLogger(StaticAddresses.class);

  /** How long it is believed that nobody else has changed the network. */
  private static final long BELIEVED_NANOS = Duration.ofMinutes(1).toNanos();

  /** How many complaints are remembered, so as not to repeat them. */
  private static final int SAID = 100;

  private final Database database;
  private final PublicIpRepository addresses;
  private final AddressedMachines machines;
  private final Hypervisor hypervisor;
  private final NetworkAddresses networks;
  private final LinkedHashSet<String> said = new LinkedHashSet<>();

  /** What libvirt was last brought to; null where that failed. */
  private Map<String, Reservation> applied = Map.of();

  private boolean isApplied;
  private long appliedNanos;

  public StaticAddresses(
      Database database,
      PublicIpRepository addresses,
      AddressedMachines machines,
      Hypervisor hypervisor) {
    this.database = database;
    this.addresses = addresses;
    this.machines = machines;
    this.hypervisor = hypervisor;
    networks = new NetworkAddresses(hypervisor);
  }

  private String network() {
    return hypervisor.settings().network();
  }

  /**
   * The addresses of a range that can't be given, since others have them: a reservation that is not
   * this installation's, or a lease.
   *
   * @throws HypervisorException where the network can't keep addresses of this range, or libvirt
   *     does not answer
   */
  Set<Ipv4> inUse(AddressRange range) throws IOException, InterruptedException {
    var description = networks.describe(network());
    var objection = description.objection(range);
    var subnet = description.subnet();
    if (objection.isPresent() || subnet == null) {
      throw new HypervisorException(objection.orElse("the network has no subnet"));
    }
    var used = new HashSet<Ipv4>();
    var own = own(subnet.reservations());
    subnet.reservations().stream()
        .filter(reservation -> !own.containsKey(reservation))
        .map(Reservation::ip)
        .forEach(used::add);
    for (var lease : networks.leases(network())) {
      used.add(lease.ip());
    }
    used.removeIf(ip -> !range.contains(ip));
    return used;
  }

  /** Those of these reservations that are of machines of this database, with the machine's id. */
  private Map<Reservation, String> own(List<Reservation> reservations) {
    var named = new HashMap<Reservation, String>();
    for (var reservation : reservations) {
      String name = reservation.name();
      if (name.startsWith(OwnDomains.PREFIX)) {
        String id = name.substring(OwnDomains.PREFIX.length());
        if (Ids.isMachine(id)) {
          named.put(reservation, id);
        }
      }
    }
    var known = database.read(handle -> machines.known(handle, named.values()));
    named.values().removeIf(id -> !known.contains(id));
    return named;
  }

  /** What libvirt is to keep, by machine. */
  private Map<String, Reservation> wanted() {
    if (!hypervisor.settings().hasPublicIps()) {
      return Map.of();
    }
    return database.read(handle -> machines.assigned(handle, database.node())).stream()
        .collect(
            Collectors.toMap(
                AddressedMachines.Assigned::machineId,
                assigned ->
                    new Reservation(
                        assigned.hasPrivateNetwork()
                            ? OwnDomains.publicMac(assigned.machineId())
                            : OwnDomains.mac(assigned.machineId()),
                        OwnDomains.name(assigned.machineId()),
                        assigned.address())));
  }

  /**
   * Brings libvirt to what the database says, unless it was brought there a moment ago. What can't
   * be done is named in the log, and tried again the next time: every few seconds while a server
   * runs.
   */
  public synchronized void reconcile() throws InterruptedException {
    if (!mayHaveAny() || !hypervisor.isThere()) {
      return;
    }
    var wanted = wanted();
    if (isApplied && wanted.equals(applied) && System.nanoTime() - appliedNanos < BELIEVED_NANOS) {
      return;
    }
    isApplied = false;
    try {
      isApplied = apply(wanted);
      applied = wanted;
      appliedNanos = System.nanoTime();
    } catch (IOException e) {
      say(
          "static addresses can't be kept on the network \"%s\" for now: %s"
              .formatted(network(), e.getMessage()));
    }
  }

  private boolean mayHaveAny() {
    return hypervisor.settings().publicIps().range() != null
        || database.read(addresses::hasAny)
        || !applied.isEmpty();
  }

  /**
   * Makes sure that the network keeps a machine's static address, if it has one, before it starts.
   *
   * @throws IOException where the network does not keep it; the message says why
   */
  public synchronized void require(String machineId) throws IOException, InterruptedException {
    var reservation = wanted().get(machineId);
    if (reservation == null) {
      return;
    }
    isApplied = false;
    reconcile();
    var subnet = networks.describe(network()).subnet();
    if (subnet == null || !subnet.reservations().contains(reservation)) {
      throw new HypervisorException(
          "the network \"%s\" does not keep the static address %s for the machine %s%s; mend that, or take the address from the machine"
              .formatted(
                  network(),
                  reservation.ip(),
                  machineId,
                  said.isEmpty() ? "" : " (" + said.getLast() + ")"));
    }
  }

  /** Whether all of it could be done. */
  private boolean apply(Map<String, Reservation> wanted) throws IOException, InterruptedException {
    boolean all = true;
    for (var of : networks.descriptions(network())) {
      var subnet = networks.describe(network(), of).subnet();
      if (subnet == null) {
        if (!wanted.isEmpty()) {
          throw new HypervisorException("libvirt gives out no addresses on it");
        }
        continue;
      }
      var missing = new HashSet<>(wanted.values());
      for (var own : own(subnet.reservations()).keySet()) {
        if (!missing.remove(own)) {
          networks.remove(network(), of, own);
        }
      }
      for (var reservation : missing) {
        all &= add(of, reservation);
      }
    }
    return all;
  }

  private boolean add(NetworkAddresses.Of of, Reservation reservation)
      throws IOException, InterruptedException {
    try {
      networks.add(network(), of, reservation);
      LOG.infof(
          "%s keeps %s for %s, which gets it when it is started next, or renews its lease",
          network(), reservation.ip(), reservation.name());
      return true;
    } catch (HypervisorException e) {
      say(
          "%s is not kept for %s: %s"
              .formatted(reservation.ip(), reservation.name(), e.getMessage()));
      return false;
    }
  }

  /** Says it once, however often it is so: this is tried every few seconds. */
  private void say(String what) {
    // Moved to the end, where the newest is.
    boolean fresh = !said.remove(what);
    said.add(what);
    if (fresh) {
      LOG.warn(what);
    }
    if (said.size() > SAID) {
      said.removeFirst();
    }
  }
}
