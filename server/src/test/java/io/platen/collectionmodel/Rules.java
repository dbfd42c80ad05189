package io.platen.collectionmodel;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/** The protocol's safeguards, less those taken away, and its variations. */
final class Rules {
  private final Set<Safeguard> missing;
  private final Set<Variation> allowed;

  private Rules(Set<Safeguard> missing, Set<Variation> allowed) {
    this.missing = missing;
    this.allowed = allowed;
  }

  /** The protocol as it is. */
  static Rules all() {
    return new Rules(EnumSet.noneOf(Safeguard.class), EnumSet.noneOf(Variation.class));
  }

  Rules without(Safeguard... safeguards) {
    var less = EnumSet.copyOf(missing);
    less.addAll(Arrays.asList(safeguards));
    return new Rules(less, allowed);
  }

  Rules allowing(Variation... variations) {
    var more = EnumSet.copyOf(allowed);
    more.addAll(Arrays.asList(variations));
    return new Rules(missing, more);
  }

  boolean areThoseOfTheProtocol() {
    return missing.isEmpty() && allowed.isEmpty();
  }

  boolean keep(Safeguard safeguard) {
    return !missing.contains(safeguard);
  }

  boolean allow(Variation variation) {
    return allowed.contains(variation);
  }

  @Override
  public String toString() {
    return "without " + missing + ", allowing " + allowed;
  }
}
