package io.platen.hypervisor;

/** Libvirt knows no domain of this name. */
public final class DomainMissing extends HypervisorException {
  private static final long serialVersionUID = 1;

  DomainMissing(String domain, Throwable cause) {
    super(
        "libvirt has no domain %s; \"virsh list --all\" shows those it has".formatted(domain),
        cause);
  }
}
