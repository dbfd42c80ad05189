package io.platen.network;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

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

  /** The one of this label; none where it is null. */
  public static PublicIpType of(@Nullable String label) {
    return label == null ? NONE : valueOf(label.toUpperCase(Locale.ROOT));
  }
}
