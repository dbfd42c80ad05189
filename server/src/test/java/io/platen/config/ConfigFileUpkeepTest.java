package io.platen.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileUpkeepTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path directory;

  private UpkeepConfig read(String yaml) throws Exception {
    var file = Files.writeString(directory.resolve("platen.yaml"), yaml);
    return ConfigFile.read(file, null, null, null).upkeep();
  }

  @Test
  void whatIsNotGivenIsAsUsual() throws Exception {
    assertThat(read("port: 80")).isEqualTo(UpkeepConfig.DEFAULT);
    assertThat(read("upkeep: {}")).isEqualTo(UpkeepConfig.DEFAULT);
    assertThat(read("upkeep: {cacheGb: 7, scrubDays: 0}"))
        .isEqualTo(
            new UpkeepConfig(
                UpkeepConfig.DEFAULT.collectHours(),
                7,
                0,
                UpkeepConfig.DEFAULT.scrubMegabytesPerSecond(),
                UpkeepConfig.DEFAULT.backupTime(),
                UpkeepConfig.DEFAULT.undeleteDays()));
    assertThat(read("undeleteDays: 0").undeletable()).isZero();
    assertThat(read("undeleteDays: 3").undeletable()).isEqualTo(Duration.ofDays(3));
  }

  @Test
  void sizesAreInTheUnitsTheirNamesSay() {
    var config = new UpkeepConfig(1, 3, 1, 2, UpkeepConfig.DEFAULT.backupTime(), 7);
    assertThat(config.cacheBytes()).isEqualTo(3L * 1024 * 1024 * 1024);
    assertThat(config.scrubBytesPerSecond()).isEqualTo(2_000_000);
  }

  @Test
  void allThatIsWrongIsToldAtOnce() {
    assertThatThrownBy(
            () ->
                read(
                    "upkeep: {collectHour: 1, cacheGb: -1, scrubMegabytesPerSecond: 0, scrubDays: x, backupTime: 24:00}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(
            "\"upkeep.collectHour\" is no setting; did you mean \"upkeep.collectHours\"?")
        .hasMessageContaining("upkeep.cacheGb: \"-1\" is not a whole number from 0 to")
        .hasMessageContaining("upkeep.scrubMegabytesPerSecond: \"0\" is not a whole number from 1")
        .hasMessageContaining("upkeep.scrubDays: \"x\" is not a whole number")
        .hasMessageContaining("upkeep.backupTime: \"24:00\" is not a time of day in UTC");
    assertThatThrownBy(() -> read("upkeep: often")).hasMessageContaining("upkeep: must have");
  }
}
