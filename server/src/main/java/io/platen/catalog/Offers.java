package io.platen.catalog;

import io.platen.model.Issues;
import java.util.Optional;

/** What requests name of the catalog; what it does not have is added to their issues. */
public final class Offers {
  private final Catalog catalog;

  public Offers(Catalog catalog) {
    this.catalog = catalog;
  }

  /** The short name of a region; empty where there is none of this name. */
  public String region(String name, Issues issues) {
    var region = catalog.region(name);
    if (region.isEmpty()) {
      issues.add(
          "region",
          "\"%s\" is not one of %s".formatted(name, String.join(", ", catalog.regionNames())));
    }
    return region.map(Region::name).orElse("");
  }

  /** As {@link #region}; an empty name, which is an issue already, adds none. */
  public String regionUnlessEmpty(String name, Issues issues) {
    return name.isEmpty() ? "" : region(name, issues);
  }

  public Optional<MachineType> machineType(String label, Issues issues) {
    var type = catalog.machineType(label);
    if (type.isEmpty()) {
      issues.add(
          "machineType",
          "\"%s\" is not one of %s"
              .formatted(label, String.join(", ", catalog.machineTypeLabels())));
    }
    return type;
  }

  /**
   * Adds an issue where this type is not offered in this region.
   *
   * @param region a short name; empty where it is not known
   */
  public void check(String label, String region, Issues issues) {
    machineType(label, issues)
        .filter(type -> !region.isEmpty() && !type.regions().contains(region))
        .ifPresent(
            type ->
                issues.add(
                    "machineType",
                    "%s is not offered in %s, but in %s"
                        .formatted(
                            label,
                            region,
                            String.join(", ", type.regions().stream().sorted().toList()))));
  }
}
