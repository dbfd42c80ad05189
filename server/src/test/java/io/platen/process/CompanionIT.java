package io.platen.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CompanionIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  private Companion sh(String script) throws IOException, InterruptedException {
    return Companion.start(List.of("sh", "-c", script), Map.of(), directory.resolve("errors"));
  }

  @Test
  void itIsWaitedForWithWhatItWroteInThisEnvironment() throws Exception {
    try (var companion = sh("echo one; echo wrong >&2; echo $PATH")) {
      assertThat(companion.await(LIMIT)).isEqualTo("one\n" + System.getenv("PATH"));
    }
    assertThat(directory.resolve("errors")).hasContent("wrong\n");
  }

  @Test
  void itGoesOnAfterItsFirstLinesUntilItIsClosed() throws Exception {
    var companion = sh("echo one; echo two; sleep 600");
    assertThat(companion.firstLines(2, LIMIT)).containsExactly("one", "two");
    assertThat(companion.isAlive()).isTrue();
    companion.close();
    await().atMost(LIMIT).until(() -> !companion.isAlive());
  }

  @Test
  void oneThatFailsIsNamedWithItsStatus() throws Exception {
    try (var companion = sh("exit 3")) {
      assertThatThrownBy(() -> companion.await(LIMIT))
          .isInstanceOf(IOException.class)
          .hasMessage("sh -c exit 3 failed with exit status 3");
    }
    try (var companion = sh("echo one")) {
      assertThatThrownBy(() -> companion.firstLines(2, LIMIT))
          .hasMessageContaining("ended before it had started");
    }
  }

  @Test
  void oneThatTakesTooLongIsEnded() throws Exception {
    var companion = sh("exec sleep 600");
    assertThatThrownBy(() -> companion.await(Duration.ofMillis(10)))
        .hasMessageContaining("was ended");
    await().atMost(LIMIT).until(() -> !companion.isAlive());
  }
}
