package io.platen.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
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
    var text = new StringBuilder();
    String group = "";
    for (var line : SettingsFile.text().lines().toList()) {
      if (line.matches("#[a-zA-Z]+:")) {
        group = line.substring(1) + "\n";
      } else if (line.matches("#(  )?[a-zA-Z]+: .+")) {
        // What has no default has nothing behind its colon; a group without settings is none.
        text.append(line.startsWith("#  ") ? group : "").append(line.substring(1)).append('\n');
        group = line.startsWith("#  ") ? "" : group;
      }
    }
    assertThat(text.toString()).contains("\nport: 8080\n", "\nupkeep:\n", "\n  cacheGb: 100\n");
    assertThat(read(text.toString())).isEqualTo(defaults());
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
