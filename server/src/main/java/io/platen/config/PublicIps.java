package io.platen.config;

import io.platen.model.Ipv4;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses machines have that the clients of the API reach.
 *
 * @param range the static addresses that teams may claim; null for none
 * @param perTeam how many of them each team may have claimed
 */
public record PublicIps(Offer offer, @Nullable AddressRange range, int perTeam) {
  static final String DEFAULT_PER_TEAM = "32";

  /** The network's where there is a hypervisor. */
  public static final PublicIps DEFAULT = of(Offer.AUTO, null);

  static final String ACCEPTED =
      "one of auto, none, network, or a range of at most %d IPv4 addresses such as 192.0.2.10-192.0.2.50"
          .formatted(AddressRange.LARGEST);

  /** Whether the addresses that the network gives to machines are public ones. */
  public enum Offer {
    /** Where there is a hypervisor. */
    AUTO,
    NONE,
    NETWORK
  }

  /**
   * Reads the value of {@code publicIps}: {@code auto}, {@code none}, {@code network}, or a range
   * such as {@code 192.0.2.10-192.0.2.50}, which offers the network's addresses too.
   *
   * @throws IllegalArgumentException where it is none of these; the message says what is wrong
   */
  public static PublicIps of(String text) {
    return switch (text.strip()) {
      case "auto" -> DEFAULT;
      case "none" -> of(Offer.NONE, null);
      case "network" -> of(Offer.NETWORK, null);
      default -> of(Offer.NETWORK, range(text.strip()));
    };
  }

  private static PublicIps of(Offer offer, @Nullable AddressRange range) {
    return new PublicIps(offer, range, Integer.parseInt(DEFAULT_PER_TEAM));
  }

  /** The same, with another limit for each team. */
  public PublicIps withPerTeam(int other) {
    return new PublicIps(offer, range, other);
  }

  private static AddressRange range(String text) {
    int dash = text.indexOf('-');
    Optional<Ipv4> first =
        dash < 0 ? Optional.empty() : Ipv4.parse(text.substring(0, dash).strip());
    Optional<Ipv4> last =
        dash < 0 ? Optional.empty() : Ipv4.parse(text.substring(dash + 1).strip());
    if (first.isEmpty() || last.isEmpty()) {
      throw new IllegalArgumentException("\"%s\" is not %s".formatted(text, ACCEPTED));
    }
    if (first.get().compareTo(last.get()) > 0) {
      throw new IllegalArgumentException("the range %s begins behind its end".formatted(text));
    }
    var range = new AddressRange(first.get(), last.get());
    if (range.size() < 1 || range.size() > AddressRange.LARGEST) {
      throw new IllegalArgumentException(
          "the range %s has more than %d addresses".formatted(text, AddressRange.LARGEST));
    }
    return range;
  }
}
