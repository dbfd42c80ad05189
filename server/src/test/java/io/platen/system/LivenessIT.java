package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.jdi.Bootstrap;
import com.sun.jdi.ThreadReference;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.AttachingConnector;
import io.platen.disk.DiskFormat;
import io.platen.support.Disks;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import io.platen.support.Wire;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that can't do its work any more says so, or ends. */
final class LivenessIT {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  /** What Java exits with where memory has run out. */
  private static final int OUT_OF_MEMORY = 3;

  private static final Pattern DEBUGGER =
      Pattern.compile("Listening for transport dt_socket at address: (\\d+)");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path root;

  @Test
  void aServerWhoseThreadIsStuckIsNotLive() throws Exception {
    var debugged =
        List.of("-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:0");
    try (var server = RunningServer.start(root.resolve("data"), debugged, Map.of())) {
      assertThat(live(server)).contains("\"UP\"", "\"missing\": \"none\"");
      // Without any of them jobs, or what people are told of machines, stay as they are for ever.
      assertThat(live(server))
          .contains(
              "HTTP: vert.x-eventloop-thread-0",
              "HTTP: vert.x-eventloop-thread-1",
              "capture_job: heartbeats are written",
              "capture_job: jobs are handed out",
              "machine_job: jobs are handed out",
              "power_job: jobs are handed out",
              "upkeep_job: jobs are handed out",
              "progress of jobs",
              "claim of the database",
              "watch of the machines",
              "sweep of deleted machines",
              "schedule of snapshots",
              "automatic shutdown",
              "writes to the store",
              "housekeeping");
      // Of what this server has no use for nothing is watched, since nothing beats.
      assertThat(live(server)).doesNotContain("silent nodes");
      var machine = attach(server);
      var loop = thread(machine, "vert.x-eventloop-thread-1");
      loop.suspend();
      await()
          .atMost(LIMIT)
          .until(
              () -> live(server),
              answer -> answer.contains("\"missing\": \"HTTP: vert.x-eventloop-thread-1\""));
      assertThat(live(server)).contains("\"DOWN\"");
      loop.resume();
      await().atMost(LIMIT).until(() -> live(server), answer -> answer.contains("\"UP\""));
      machine.dispose();
    }
  }

  /** What the probe says: on new connections, until one is with an event loop that answers. */
  private static String live(RunningServer server) throws Exception {
    String answer = null;
    while (answer == null) {
      try (var client = HttpClient.newHttpClient()) {
        var request =
            HttpRequest.newBuilder(URI.create(server.url() + "/health/live"))
                .timeout(Duration.ofSeconds(2))
                .build();
        answer = client.send(request, BodyHandlers.ofString()).body();
      } catch (HttpTimeoutException e) {
        // That connection is with the event loop that is stuck.
        answer = null;
      }
    }
    return answer;
  }

  private static VirtualMachine attach(RunningServer server) throws Exception {
    var port = DEBUGGER.matcher(server.log());
    assertThat(port.find()).isTrue();
    AttachingConnector connector =
        Bootstrap.virtualMachineManager().attachingConnectors().stream()
            .filter(some -> some.transport().name().equals("dt_socket"))
            .findFirst()
            .orElseThrow();
    var arguments = connector.defaultArguments();
    Objects.requireNonNull(arguments.get("hostname")).setValue("127.0.0.1");
    Objects.requireNonNull(arguments.get("port")).setValue(port.group(1));
    return connector.attach(arguments);
  }

  private static ThreadReference thread(VirtualMachine machine, String name) {
    return machine.allThreads().stream()
        .filter(thread -> thread.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aServerThatHasNoMemoryLeftEnds() throws Exception {
    try (var server = RunningServer.start(root.resolve("data"), List.of("-Xmx48m"), Map.of())) {
      var wires = new ArrayList<Wire>();
      // All but the last byte of bodies that together are more than the memory.
      var head =
          "POST /v1/machines HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n"
              + "x".repeat((1 << 20) - 1);
      for (int i = 0; i < 100 && server.isAlive(); i++) {
        wires.add(new Wire(server.url()).sendWhatIsTaken(head.getBytes(StandardCharsets.US_ASCII)));
      }
      assertThat(server.awaitExit(LIMIT)).isEqualTo(OUT_OF_MEMORY);
      assertThat(server.log()).contains("Terminating due to java.lang.OutOfMemoryError");
      for (var wire : wires) {
        wire.close();
      }
    }
  }

  @Test
  void aCaptureThatHasNoDirectMemoryLeftEndsTheServerToo() throws Exception {
    Path disk = Disks.random(root.resolve("disk.raw"), 64L << 20, 1);
    try (var server =
            RunningServer.start(
                root.resolve("data"), List.of("-XX:MaxDirectMemorySize=3m"), Map.of());
        var seed = Seed.of(server)) {
      server.client().capture(seed.adopt(disk, DiskFormat.RAW), "large");
      assertThat(server.awaitExit(LIMIT)).isEqualTo(OUT_OF_MEMORY);
      assertThat(server.log())
          .contains("Terminating due to java.lang.OutOfMemoryError: Cannot reserve");
    }
  }
}
