package io.platen.config;

import java.time.Duration;
import java.util.Locale;

/**
 * Where machines run.
 *
 * @param uri libvirt's, such as qemu:///system
 * @param network the libvirt network of machines without one of their own
 * @param stopLimit how long a guest may take to shut down before it is ended
 * @param answerLimit how long libvirt may take to answer a question; changes get twice as long, and
 *     definitions of domains ten times
 */
public record HypervisorSettings(
    Mode mode,
    String uri,
    String network,
    Acceleration acceleration,
    Duration stopLimit,
    Duration answerLimit,
    PublicIps publicIps) {
  public static final HypervisorSettings DEFAULT =
      new HypervisorSettings(
          Mode.AUTO,
          "qemu:///system",
          "default",
          Acceleration.AUTO,
          Duration.ofSeconds(60),
          Duration.ofSeconds(30),
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

  /**
   * A time in which this many commands of virsh's end, even where libvirt hangs; five minutes at
   * least.
   */
  public Duration longest(int commands) {
    var all = answerLimit.multipliedBy(2L * commands);
    return all.compareTo(Duration.ofMinutes(5)) > 0 ? all : Duration.ofMinutes(5);
  }

  public HypervisorSettings with(Mode other) {
    return new HypervisorSettings(
        other, uri, network, acceleration, stopLimit, answerLimit, publicIps);
  }
}
