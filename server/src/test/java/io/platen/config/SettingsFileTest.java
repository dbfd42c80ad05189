package io.platen.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SettingsFileTest {
  @TempDir Path directory;

  private ServerConfig read(String text) throws Exception {
    Path file = Files.writeString(directory.resolve("platen.yaml"), text);
    return ConfigFile.read(file, Map.of(), null, null, null);
  }

  private static ServerConfig defaults() {
    return ServerConfig.defaults(ServerConfig.DEFAULT_DATA);
  }

  @Test
  void asItIsItSetsNothing() throws Exception {
    assertThat(SettingsFile.text().lines())
        .allMatch(line -> line.isEmpty() || line.startsWith("#"));
    assertThat(read(SettingsFile.text())).isEqualTo(defaults());
  }

  @Test
  void uncommentedItSetsTheDefaults() throws Exception {
    // What has no default has nothing behind its colon; groups have settings below.
    String text =
        SettingsFile.text()
            .lines()
            .filter(line -> line.matches("#(  )?[a-zA-Z]+: .+|#(upkeep|http):"))
            .map(line -> line.substring(1))
            .collect(Collectors.joining("\n"));
    assertThat(text).contains("port: 8080").contains("upkeep:\n  cacheGb: 100");
    assertThat(read(text)).isEqualTo(defaults());
  }

  @Test
  void everySettingIsInIt() {
    var lines = SettingsFile.text().lines().toList();
    for (var key : SettingKey.ALL) {
      String last = key.name().substring(key.name().lastIndexOf('.') + 1);
      assertThat(lines).anyMatch(line -> line.matches("#(  )?" + last + ":.*"));
      assertThat(lines).anyMatch(line -> line.endsWith("; " + key.variable()));
    }
  }
}
