package io.platen.network;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What kind of public address a machine has. */
public enum PublicIpType {
  NONE,
  /** The one that its network gives it while it runs. */
  DYNAMIC,
  /** One that its team has claimed. */
  STATIC;

  /** As clients write it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<PublicIpType> parse(String label) {
    return Stream.of(values()).filter(type -> type.label().equals(label)).findFirst();
  }
}
