package io.platen.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileRateLimitTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path directory;

  private ServerConfig read(String yaml) throws Exception {
    var file = Files.writeString(directory.resolve("platen.yaml"), yaml);
    return ConfigFile.read(file, null, null, null);
  }

  @Test
  void thereIsNoLimitUnlessItIsAskedFor() throws Exception {
    assertThat(read("port: 80").rateLimit()).isNull();
  }

  @Test
  void aLimitIsRead() throws Exception {
    assertThat(read("rateLimit: {requestsPerSecond: 0.5, burst: 20}").rateLimit())
        .isEqualTo(new RateLimit(0.5, 20));
  }

  @Test
  void allThatIsWrongIsToldAtOnce() {
    assertThatThrownBy(() -> read("rateLimit: {requestsPerSeconds: 1, burst: 0}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(
            "\"rateLimit.requestsPerSeconds\" is no setting; did you mean \"rateLimit.requestsPerSecond\"?")
        .hasMessageContaining(
            "rateLimit.requestsPerSecond: is missing; it must be a number above 0")
        .hasMessageContaining("rateLimit.burst: \"0\" is not a whole number");
  }

  @Test
  void aLimitWithoutItsHalvesIsRefused() {
    assertThatThrownBy(() -> read("rateLimit: {requestsPerSecond: 5}"))
        .hasMessageContaining("rateLimit.burst: is missing");
    assertThatThrownBy(() -> read("rateLimit: 5"))
        .hasMessageContaining("rateLimit: must have some of the keys burst, requestsPerSecond");
  }
}
