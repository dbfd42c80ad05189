package io.platen.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.liveness.Watchdog;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What systemd gets to hear: here a program that has a socket as systemd has one. */
final class ServiceManagerTest {
  private static final String LISTENER =
      """
      import socket, sys
      listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      listening.bind(sys.argv[1].replace("@", "\\0", 1))
      print("listening", flush=True)
      while True:
          print(listening.recv(4096).decode(), flush=True)
      """;

  @TempDir Path directory;
  private Process listener;
  private BufferedReader heard;
  private final Watchdog watchdog = new Watchdog(System::nanoTime);

  @BeforeEach
  void listen() throws Exception {
    listen(directory.resolve("notify").toString());
  }

  private void listen(String address) throws Exception {
    if (listener != null) {
      end();
    }
    listener =
        new ProcessBuilder("python3", "-c", LISTENER, address)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    heard = listener.inputReader();
    assertThat(heard.readLine()).isEqualTo("listening");
  }

  @AfterEach
  void end() throws Exception {
    listener.destroyForcibly().waitFor();
  }

  private Map<String, String> environment(String watchdogMicros) {
    return Map.of(
        "NOTIFY_SOCKET",
        directory.resolve("notify").toString(),
        "WATCHDOG_USEC",
        watchdogMicros,
        "WATCHDOG_PID",
        Long.toString(ProcessHandle.current().pid()));
  }

  @Test
  void itHearsThatTheServerIsReadyLivesAndEnds() throws Exception {
    try (var _ = ServiceManager.ready(environment("400000"), watchdog)) {
      assertThat(heard.readLine()).isEqualTo("READY=1");
      assertThat(heard.readLine()).isEqualTo("WATCHDOG=1");
      assertThat(heard.readLine()).isEqualTo("WATCHDOG=1");
    }
    ServiceManager.stopping(environment("400000"));
    String line = heard.readLine();
    while (line.equals("WATCHDOG=1")) {
      line = heard.readLine();
    }
    assertThat(line).isEqualTo("STOPPING=1");
  }

  @Test
  void itHearsNothingMoreWhereAThreadIsMissing() throws Exception {
    var runs = new AtomicBoolean(false);
    var asked = new java.util.concurrent.CountDownLatch(2);
    watchdog.watch(
        "a thread",
        () -> {
          asked.countDown();
          return runs.get();
        });
    try (var _ = ServiceManager.ready(environment("40000"), watchdog)) {
      assertThat(heard.readLine()).isEqualTo("READY=1");
      asked.await();
      ServiceManager.stopping(environment("40000"));
      assertThat(heard.readLine()).isEqualTo("STOPPING=1");
      runs.set(true);
      assertThat(heard.readLine()).isEqualTo("WATCHDOG=1");
    }
  }

  @Test
  void aSocketThatIsNoFileIsReachedToo() throws Exception {
    String address = "@platen-test-" + ProcessHandle.current().pid();
    listen(address);
    try (var _ = ServiceManager.ready(Map.of("NOTIFY_SOCKET", address), watchdog)) {
      assertThat(heard.readLine()).isEqualTo("READY=1");
    }
  }

  @Test
  void withoutSystemdNothingIsSaid() throws Exception {
    try (var _ = ServiceManager.ready(Map.of(), watchdog)) {
      ServiceManager.stopping(Map.of());
    }
    assertThat(Files.exists(directory.resolve("notify"))).isTrue();
  }

  @Test
  void aTimeThatIsNoneIsRefused() {
    assertThatThrownBy(() -> ServiceManager.ready(environment("soon"), watchdog))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("WATCHDOG_USEC is soon");
  }
}
