package io.platen.config;

import java.time.Duration;
import java.util.Locale;

/**
 * Where machines run.
 *
 * @param uri libvirt's, such as qemu:///system
 * @param network the libvirt network of machines without one of their own
 * @param stopLimit how long a guest may take to shut down before it is ended
 */
public record HypervisorSettings(
    Mode mode,
    String uri,
    String network,
    Acceleration acceleration,
    Duration stopLimit,
    PublicIps publicIps) {
  public static final HypervisorSettings DEFAULT =
      new HypervisorSettings(
          Mode.AUTO,
          "qemu:///system",
          "default",
          Acceleration.AUTO,
          Duration.ofSeconds(60),
          PublicIps.DEFAULT);

  /** Whether there is a hypervisor. */
  public enum Mode {
    /** Where libvirt answers. */
    AUTO,
    LIBVIRT,
    NONE;

    /** As it stands in the configuration. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How domains are run. */
  public enum Acceleration {
    AUTO,
    KVM,
    EMULATION
  }

  /** Whether the configuration lets machines have public addresses at all. */
  public boolean hasPublicIps() {
    return mode != Mode.NONE && publicIps.offer() != PublicIps.Offer.NONE;
  }

  public HypervisorSettings with(Mode other) {
    return new HypervisorSettings(other, uri, network, acceleration, stopLimit, publicIps);
  }
}
