package io.platen.machine;

import io.platen.config.DataDirectory;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.OwnDomains;
import io.platen.network.LibvirtNetworks;
import io.platen.network.StaticAddresses;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Connects machines: the first card is on the machine's network; a machine on a private network
 * that is to have a public address has a second one, on the public network.
 */
public final class MachineCards {
  private final Hypervisor hypervisor;
  private final LibvirtNetworks networks;
  private final StaticAddresses addresses;
  private final DataDirectory data;

  public MachineCards(
      Hypervisor hypervisor,
      LibvirtNetworks networks,
      StaticAddresses addresses,
      DataDirectory data) {
    this.hypervisor = hypervisor;
    this.networks = networks;
    this.addresses = addresses;
    this.data = data;
  }

  /**
   * The libvirt networks of a machine's cards.
   *
   * @param second null where there is no second card
   */
  record Cards(String first, @Nullable String second) {
    /**
     * The names that cloud-init gives the cards, by MAC address. Empty with one card: systems take
     * an address on that by themselves.
     */
    Map<String, String> names(String machineId) {
      var names = new LinkedHashMap<String, String>();
      if (second != null) {
        names.put(OwnDomains.mac(machineId), "eth0");
        names.put(OwnDomains.publicMac(machineId), "eth1");
      }
      return names;
    }
  }

  /**
   * Makes sure that the networks of a machine which is about to start are active, and that its
   * static address is kept for it.
   */
  Cards connect(Machine machine) throws IOException, InterruptedException {
    String id = machine.network().networkId();
    String outside = hypervisor.settings().network();
    boolean second = hypervisor.settings().hasPublicIps() && machine.network().hasPublicCard();
    if (id == null || second) {
      hypervisor.startNetwork(outside);
    }
    addresses.require(machine.id());
    return id == null
        ? new Cards(outside, null)
        : new Cards(
            networks.start(machine.teamId(), id, data.machine(machine.id()).resolve("network.xml")),
            second ? outside : null);
  }
}
