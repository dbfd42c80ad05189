package io.platen.catalog;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The regions and machine types that are offered. */
public final class Catalog {
  private final List<Region> regions;
  private final Map<String, MachineType> machineTypes = new LinkedHashMap<>();

  /** As many as there are kinds of disks. */
  private final Map<Boot, AvailableMachineTypes> available = new ConcurrentHashMap<>();

  /**
   * What a template needs.
   *
   * @param region null for one that can be launched in every region
   * @param ready whether it can be launched at all yet
   */
  private record Boot(
      @Nullable String region, String architecture, String firmware, boolean ready) {
    boolean isOffered(MachineType type) {
      return region == null || type.regions().contains(region);
    }

    AvailableMachineType on(MachineType type) {
      return new AvailableMachineType(type.label(), ready && type.boots(architecture, firmware));
    }
  }

  public Catalog(List<Region> regions, List<MachineType> machineTypes) {
    this.regions = List.copyOf(regions);
    for (var type : machineTypes) {
      this.machineTypes.put(type.label(), type);
    }
  }

  /** The region of this short or long name. */
  public Optional<Region> region(String name) {
    return regions.stream()
        .filter(region -> region.name().equals(name) || region.longName().equals(name))
        .findFirst();
  }

  public List<String> regionNames() {
    return regions.stream().map(Region::name).toList();
  }

  public Optional<MachineType> machineType(String label) {
    return Optional.ofNullable(machineTypes.get(label));
  }

  public List<String> machineTypeLabels() {
    return List.copyOf(machineTypes.keySet());
  }

  /**
   * The smallest machine type without an accelerator that has at least this much.
   *
   * @param ram bytes
   */
  public Optional<MachineType> smallest(String region, int cpus, long ram) {
    return machineTypes.values().stream()
        .filter(
            type ->
                type.gpu().isEmpty()
                    && type.regions().contains(region(region).map(Region::name).orElse("")))
        .filter(type -> type.cpus() >= cpus && type.ram() >= ram)
        .min(Comparator.comparingInt(MachineType::cpus).thenComparingLong(MachineType::ram));
  }

  /**
   * The machine types offered in a region.
   *
   * @param ready whether the template can be launched at all yet
   */
  public List<AvailableMachineType> available(
      String region, String architecture, String firmware, boolean ready) {
    return available.computeIfAbsent(
        new Boot(region, architecture, firmware, ready), this::available);
  }

  private AvailableMachineTypes available(Boot boot) {
    return new AvailableMachineTypes(
        machineTypes.values().stream().filter(boot::isOffered).map(boot::on).toList());
  }

  /**
   * As {@link #available(String, String, String, boolean)}, for what can be launched in every
   * region.
   */
  public List<AvailableMachineType> availableAnywhere(
      String architecture, String firmware, boolean complete) {
    return available.computeIfAbsent(
        new Boot(null, architecture, firmware, complete), this::available);
  }
}
