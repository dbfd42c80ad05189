package io.platen.network;

import io.platen.model.Issues;
import java.util.Locale;
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

  /** The one of this label; where there is none, that is an issue, and the answer means nothing. */
  public static PublicIpType read(String label, Issues issues) {
    var found = Stream.of(values()).filter(type -> type.label().equals(label)).findFirst();
    if (found.isEmpty()) {
      issues.add("publicIpType", "\"%s\" is not one of static, dynamic, none".formatted(label));
    }
    return found.orElse(NONE);
  }
}
