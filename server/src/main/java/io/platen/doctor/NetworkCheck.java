package io.platen.doctor;

import io.platen.config.PublicIps;
import io.platen.hypervisor.Hypervisor;
import io.platen.hypervisor.HypervisorException;
import io.platen.hypervisor.NetworkAddresses;
import io.platen.hypervisor.NetworkDescription;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Looks whether the network of machines is there, and who reaches them on it. */
final class NetworkCheck {
  private final Hypervisor hypervisor;

  NetworkCheck(Hypervisor hypervisor) {
    this.hypervisor = hypervisor;
  }

  /** What there is to say of the network, and of public addresses. */
  List<Diagnosis> run() throws IOException, InterruptedException {
    String network = hypervisor.settings().network();
    var found = new ArrayList<Diagnosis>();
    NetworkDescription description;
    try {
      description = new NetworkAddresses(hypervisor).describe(network);
    } catch (HypervisorException e) {
      found.add(
          new Diagnosis(
              Diagnosis.Kind.MISSING,
              "network",
              "libvirt has no network \"%s\"".formatted(network),
              "virsh net-define /usr/share/libvirt/networks/default.xml, or name another one with libvirtNetwork"));
      return found;
    }
    found.add(Diagnosis.ok("network", network));
    if (hypervisor.settings().hasPublicIps()) {
      found.add(dynamic(description));
      statics(description, found);
    }
    return found;
  }

  private static Diagnosis dynamic(NetworkDescription network) {
    return network.isReachedFromTheHostOnly()
        ? new Diagnosis(
            Diagnosis.Kind.OPTIONAL,
            "public IPs",
            "only this host reaches machines on \"%s\", which is %s: their publicIp means nothing to clients elsewhere"
                .formatted(
                    network.name(),
                    network.forward().isEmpty() ? "isolated" : "behind libvirt's NAT"),
            "for clients elsewhere, name a network on a bridge of this host with libvirtNetwork; or say \"publicIps: none\"")
        : Diagnosis.ok(
            "public IPs", "machines are reached by their addresses on " + network.name());
  }

  private void statics(NetworkDescription network, List<Diagnosis> found) {
    PublicIps configured = hypervisor.settings().publicIps();
    var range = configured.range();
    if (range == null) {
      return;
    }
    found.add(
        network
            .objection(range)
            .map(objection -> new Diagnosis(Diagnosis.Kind.MISSING, "static IPs", objection, ""))
            .orElse(Diagnosis.ok("static IPs", range + " on " + network.name())));
  }
}
