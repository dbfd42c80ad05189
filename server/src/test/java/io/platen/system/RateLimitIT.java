package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RateLimitIT {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path root;

  @Test
  void aKeyThatSendsTooMuchIsToldWhenToComeBackAndOthersAreNotAffected() throws Exception {
    var config =
        Files.writeString(
            root.resolve("platen.yaml"), "rateLimit: {requestsPerSecond: 0.1, burst: 5}\n");
    try (var server = RunningServer.start(root.resolve("data"), "--config", config.toString())) {
      var client = server.client();
      for (int i = 0; i < 5; i++) {
        client.get("/machines").ok();
      }
      var refused = client.get("/machines");
      refused.error(429, "TOO_MANY_REQUESTS");
      int seconds = Integer.parseInt(refused.headers().firstValue("retry-after").orElseThrow());
      assertThat(seconds).isBetween(1, 10);
      client.get("/health").ok();
      try (var seed = Seed.of(server)) {
        server.client(seed.key("other")).get("/machines").ok();
      }
    }
  }
}
