package io.platen.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CatalogFileTest {
  private static final String REGIONS = "regions: [{name: ny2, longName: East Coast (NY2)}]\n";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  private Catalog read(String yaml) throws IOException {
    return CatalogFile.read(Files.writeString(directory.resolve("catalog.yaml"), yaml));
  }

  @Test
  void theOneThatComesWithPlatenHasWhatTheReferenceNames() throws IOException {
    var catalog = CatalogFile.read(null);
    assertThat(catalog.regionNames()).containsExactly("ny2", "ca1", "ams1");
    assertThat(catalog.region("West Coast (CA1)").map(Region::name)).hasValue("ca1");
    var small = catalog.machineType("C1").orElseThrow();
    assertThat(small.cpus()).isEqualTo(1);
    assertThat(small.ram()).isEqualTo(512L << 20);
    assertThat(catalog.machineType("H100").orElseThrow().regions()).containsExactly("ny2");
    assertThat(catalog.available("ca1", "x86_64", "bios", true))
        .extracting(AvailableMachineType::machineTypeLabel)
        .contains("A5000")
        .doesNotContain("V100");
    assertThat(catalog.smallest("ny2", 3, 9L << 30).map(MachineType::label)).hasValue("C6");
    assertThat(catalog.smallest("ny2", 1000, 1)).isEmpty();
  }

  @Test
  void aMachineTypeIsOfferedEverywhereUnlessItSaysWhere() throws IOException {
    var catalog = read(REGIONS + "machineTypes: [{label: X, cpus: 2, ram: 1.5}]");
    var type = catalog.machineType("X").orElseThrow();
    assertThat(type.regions()).containsExactly("ny2");
    assertThat(type.ram()).isEqualTo(1536L << 20);
    assertThat(type.gpu()).isEmpty();
    assertThat(catalog.machineType("C5")).isEmpty();
  }

  @Test
  void whatIsNoCatalogIsRefusedWithTheReason() {
    assertThatThrownBy(() -> read(REGIONS)).hasMessageContaining("both regions and machineTypes");
    assertThatThrownBy(() -> read(REGIONS + "machineTypes: [{label: X, cpus: 0, ram: 1}]"))
        .hasMessageContaining("machine type X needs a label, cpus and ram");
    assertThatThrownBy(
            () -> read(REGIONS + "machineTypes: [{label: X, cpus: 1, ram: 1, regions: [mars]}]"))
        .hasMessageContaining("\"mars\", which is not one of [ny2]");
    assertThatThrownBy(
            () ->
                read(
                    REGIONS
                        + "machineTypes: [{label: X, cpus: 1, ram: 1}, {label: X, cpus: 2, ram: 1}]"))
        .hasMessageContaining("machine type X is there twice");
    assertThatThrownBy(() -> read(REGIONS + "machineType: []"))
        .hasMessageContaining("machineType")
        .hasMessageContaining("catalog.yaml");
    assertThatThrownBy(() -> read("")).isInstanceOf(IOException.class);
  }
}
