package io.platen.catalog;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The regions and machine types that are offered. */
public final class Catalog {
  private final List<Region> regions;
  private final Map<String, MachineType> machineTypes = new LinkedHashMap<>();

  /**
   * Every list of templates has them twenty times and more; there are as many as kinds of machines.
   */
  private final Map<Boot, List<AvailableMachineType>> available = new ConcurrentHashMap<>();

  private record Boot(String region, String architecture, String firmware, boolean ready) {}

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

  private List<AvailableMachineType> available(Boot boot) {
    return machineTypes.values().stream()
        .filter(type -> type.regions().contains(boot.region()))
        .map(
            type ->
                new AvailableMachineType(
                    type.label(), boot.ready() && type.boots(boot.architecture(), boot.firmware())))
        .toList();
  }

  /**
   * As {@link #available(String, String, String, boolean)}, for what can be launched in every
   * region.
   */
  public List<AvailableMachineType> availableAnywhere(
      String architecture, String firmware, boolean complete) {
    return machineTypes.values().stream()
        .map(
            type ->
                new AvailableMachineType(
                    type.label(), complete && type.boots(architecture, firmware)))
        .toList();
  }
}
