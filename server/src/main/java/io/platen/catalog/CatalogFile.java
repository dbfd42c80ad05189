package io.platen.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a catalog from YAML; catalog.yaml among the resources is the one that comes with Platen,
 * and the example.
 */
public final class CatalogFile {
  private static final YAMLMapper MAPPER =
      YAMLMapper.builder().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private CatalogFile() {}

  record Contents(List<Region> regions, List<Type> machineTypes) {}

  /** A machine type as it is written: ram and gpuMemory in GiB, null for what is left out. */
  record Type(
      String label,
      int cpus,
      double ram,
      @Nullable String gpu,
      @Nullable Double gpuMemory,
      @Nullable Set<String> regions,
      @Nullable String architecture,
      @Nullable Set<String> firmware) {}

  /**
   * Reads a catalog.
   *
   * @param file null for the catalog that comes with Platen
   * @throws IOException where it can't be read, or is no catalog; the message says why
   */
  public static Catalog read(@Nullable Path file) throws IOException {
    try (InputStream in =
        file != null
            ? Files.newInputStream(file)
            : CatalogFile.class.getResourceAsStream("/catalog.yaml")) {
      return catalog(MAPPER.readValue(in, Contents.class));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new IOException("catalog %s: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static Catalog catalog(Contents contents) {
    if (contents.regions() == null || contents.machineTypes() == null) {
      throw new IllegalArgumentException("both regions and machineTypes are needed");
    }
    Set<String> labels = new HashSet<>();
    for (var type : contents.machineTypes()) {
      if (!labels.add(type.label())) {
        throw new IllegalArgumentException(
            "machine type %s is there twice".formatted(type.label()));
      }
    }
    Set<String> all = new HashSet<>(contents.regions().stream().map(Region::name).toList());
    return new Catalog(
        contents.regions(),
        contents.machineTypes().stream().map(type -> machineType(type, all)).toList());
  }

  private static MachineType machineType(Type type, Set<String> all) {
    Set<String> regions = type.regions() == null ? all : type.regions();
    for (var region : regions) {
      if (!all.contains(region)) {
        throw new IllegalArgumentException(
            "machine type %s names the region \"%s\", which is not one of %s"
                .formatted(type.label(), region, all));
      }
    }
    if (type.label() == null || type.cpus() <= 0 || type.ram() <= 0) {
      throw new IllegalArgumentException(
          "machine type %s needs a label, cpus and ram".formatted(type.label()));
    }
    return new MachineType(
        type.label(),
        type.cpus(),
        bytes(type.ram()),
        type.gpu() == null ? "" : type.gpu(),
        type.gpuMemory() == null ? 0 : bytes(type.gpuMemory()),
        regions,
        type.architecture() == null ? "x86_64" : type.architecture(),
        type.firmware() == null ? Set.of("bios", "uefi") : type.firmware());
  }

  private static long bytes(double gib) {
    return (long) (gib * (1L << 30));
  }
}
