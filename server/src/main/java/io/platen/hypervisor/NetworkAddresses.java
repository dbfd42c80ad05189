package io.platen.hypervisor;

import static io.platen.hypervisor.Patience.CHANGE;
import static io.platen.hypervisor.Patience.QUESTION;

import io.platen.model.Ipv4;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** The addresses that libvirt's networks give to domains, and keep for them. */
public final class NetworkAddresses {
  private static final Logger LOG = Logger.getLogger(NetworkAddresses.class);

  /** As net-dhcp-leases and domifaddr write them: a MAC address, the family, the address. */
  private static final Pattern LINE =
      Pattern.compile("((?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2})\\s+ipv4\\s+([0-9.]+)/");

  private static final Pattern FLAG = Pattern.compile("(Active|Persistent):\\s+(yes|no)");
  private static final Pattern LOOPBACK = Pattern.compile("127\\..*|169\\.254\\..*|0\\..*");

  private static final List<String> SOURCES = List.of("lease", "agent", "arp");

  private final Virsh virsh;

  public NetworkAddresses(Hypervisor hypervisor) {
    virsh = hypervisor.virsh();
  }

  /** Of the two descriptions that libvirt has of a network, one. */
  public enum Of {
    /** What it is while it is active. */
    LIVE("--live"),
    /** What it will be when it is started next. */
    CONFIG("--config");

    private final String flag;

    Of(String flag) {
      this.flag = flag;
    }
  }

  /**
   * Which descriptions there are of a network.
   *
   * @throws HypervisorException where libvirt has no network of this name
   */
  public List<Of> descriptions(String network) throws IOException, InterruptedException {
    var said =
        FLAG.matcher(virsh.run(QUESTION, "net-info", network))
            .results()
            .map(found -> found.group())
            .toList();
    return Stream.of(
            Optional.of(Of.CONFIG)
                .filter(of -> said.stream().anyMatch(flag -> flag.matches("Persistent:\\s+yes"))),
            Optional.of(Of.LIVE)
                .filter(of -> said.stream().anyMatch(flag -> flag.matches("Active:\\s+yes"))))
        .flatMap(Optional::stream)
        .toList();
  }

  /** A network as it is: while it is active, that is its live description. */
  public NetworkDescription describe(String network) throws IOException, InterruptedException {
    return NetworkDescription.parse(virsh.run(QUESTION, "net-dumpxml", network));
  }

  public NetworkDescription describe(String network, Of of)
      throws IOException, InterruptedException {
    return of == Of.LIVE
        ? describe(network)
        : NetworkDescription.parse(virsh.run(QUESTION, "net-dumpxml", network, "--inactive"));
  }

  /** What the network has given to cards, and not taken back yet; the newest last. */
  public List<Lease> leases(String network) throws IOException, InterruptedException {
    return parse(virsh.run(QUESTION, "net-dhcp-leases", network));
  }

  /** Has the network keep an address for a card. */
  public void add(String network, Of of, Reservation reservation)
      throws IOException, InterruptedException {
    change(network, of, "add", reservation);
  }

  /** Has the network forget a reservation. */
  public void remove(String network, Of of, Reservation reservation)
      throws IOException, InterruptedException {
    change(network, of, "delete", reservation);
  }

  private void change(String network, Of of, String verb, Reservation reservation)
      throws IOException, InterruptedException {
    virsh.run(CHANGE, "net-update", network, verb, "ip-dhcp-host", reservation.xml(), of.flag);
  }

  /**
   * The addresses of an active domain's cards, by MAC address, as far as they are known: from
   * libvirt's own leases; of cards whose networks have none of them, from the agent in the guest,
   * and then from this host's table of neighbours.
   *
   * @param cards the MAC addresses that matter, in lower case; empty where they are not known, and
   *     any will do
   * @throws DomainMissing where there is no such domain
   */
  public Map<String, Ipv4> ofDomain(String domain, Set<String> cards)
      throws IOException, InterruptedException {
    var known = new LinkedHashMap<String, Ipv4>();
    for (var source : SOURCES) {
      for (var lease : asked(domain, source)) {
        if (cards.isEmpty() || cards.contains(lease.mac())) {
          known.putIfAbsent(lease.mac(), lease.ip());
        }
      }
      if (cards.isEmpty() ? !known.isEmpty() : known.keySet().containsAll(cards)) {
        break;
      }
    }
    return known;
  }

  /** The newest first. */
  private List<Lease> asked(String domain, String source) throws IOException, InterruptedException {
    try {
      return parse(virsh.run(QUESTION, "domifaddr", domain, "--source", source)).reversed();
    } catch (DomainMissing e) {
      throw e;
    } catch (HypervisorException e) {
      // It has ended since, its network keeps no leases, or its guest has no agent.
      LOG.debugf("%s of %s: %s", source, domain, e.getMessage());
      return List.of();
    }
  }

  static List<Lease> parse(String table) {
    return LINE.matcher(table)
        .results()
        .filter(line -> !LOOPBACK.matcher(line.group(2)).matches())
        .flatMap(
            line ->
                Ipv4.parse(line.group(2)).stream()
                    .map(ip -> new Lease(line.group(1).toLowerCase(Locale.ROOT), ip)))
        .toList();
  }
}
