package io.platen.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.platen.disk.DiskFormat;
import io.platen.linux.HostUser;
import io.platen.support.Disks;
import io.platen.support.PatchedApp;
import io.platen.support.RunningServer;
import io.platen.support.Seed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Chaos, and what looks at a directory after it, finds bugs that are there on purpose. */
@Tag("long")
final class PlantedBugsIT {
  private static final Duration LIMIT = Duration.ofMinutes(8);

  @TempDir private Path root;

  /** Runs chaos with a bug until it is found; what it says. */
  private String found(String source, String from, String to) throws Exception {
    assumeTrue(HostUser.isRoot(), "a disk that fills up is mounted by root");
    var patched = PatchedApp.with(root, source, from, to);
    try (var chaos = new Chaos(root, 1, patched)) {
      var failure =
          catchThrowable(
              () -> {
                chaos.run(LIMIT);
                chaos.end();
              });
      System.out.printf("chaos with a bug in %s: %s%n", source, chaos.tally());
      assertThat(failure).as("chaos with a bug in %s", source).isInstanceOf(AssertionError.class);
      return String.valueOf(failure.getMessage());
    }
  }

  @Test
  void aRootThatIsForgotten() throws Exception {
    assertThat(
            found(
                "server/src/main/java/io/platen/template/TemplateRepository.java",
                "\"(t.dt_purged IS NULL OR \"",
                "\"(t.dt_deleted IS NULL OR \""))
        .contains("index and chunks of ");
  }

  @Test
  void aPinThatIsLetGoEarly() throws Exception {
    assertThat(
            found(
                "chunkstore/src/main/java/io/platen/chunkstore/Pins.java",
                "  synchronized boolean mayHold(ChunkId id) {\n",
                "  synchronized boolean mayHold(ChunkId id) {\n    if (!open.contains(null)) {\n      return false;\n    }\n"))
        .isNotBlank();
  }

  @Test
  void aManifestThatIsLate() throws Exception {
    assertThat(
            found(
                "server/src/main/java/io/platen/template/TemplateCapture.java",
                "    publication.complete(event.requireTemplateId(), written.size(), written.digest(), false);\n",
                ""))
        .contains("manifest of ");
  }

  @Test
  void aFenceThatIsIgnored() throws Exception {
    new LateWriter(root.resolve("sound"), List.of()).run();
    var patched =
        PatchedApp.with(
            root,
            "server/src/main/java/io/platen/database/DatabaseClaim.java",
            "if (!ClaimRow.isHeld(handle, database.node(), claimant)) {",
            "if (loss != null) {");
    var late = new LateWriter(root.resolve("planted"), patched);
    assertThat(catchThrowable(late::run))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("index and chunks of ");
  }

  @Test
  void anFsyncThatIsSkipped() throws Exception {
    var forced = forced(List.of(), "sound");
    assertThatCode(() -> assertDurable(forced)).doesNotThrowAnyException();
    var patched =
        PatchedApp.with(
            root,
            "chunkstore/src/main/java/io/platen/chunkstore/AtomicFile.java",
            "      channel.force(true);\n    } catch (IOException e) {\n      throw IoFailure.at(temp, e);",
            "    } finally {");
    var withBug = forced(patched, "planted");
    assertThat(catchThrowable(() -> assertDurable(withBug))).isInstanceOf(AssertionError.class);
  }

  /** What is renamed to its name in the store was written to its medium before. */
  private static void assertDurable(Set<String> forced) {
    assertThat(forced).anyMatch(path -> path.matches(".*/index/\\.t[^/]*\\.caibx\\.[^/]*\\.tmp"));
    assertThat(forced).anyMatch(path -> path.matches(".*/manifest/\\.t[^/]*\\.json\\.[^/]*\\.tmp"));
    assertThat(forced).anyMatch(path -> path.endsWith("/index"));
    assertThat(forced).anyMatch(path -> path.endsWith("/manifest"));
  }

  /** The files that a server writes to their medium while it captures, as the JDK records it. */
  private Set<String> forced(List<String> become, String name) throws Exception {
    Path data = root.resolve(name);
    Path recording = root.resolve(name + ".jfr");
    var flags =
        List.of(
            "-XX:StartFlightRecording=filename="
                + recording
                + ",jdk.FileForce#enabled=true,jdk.FileForce#threshold=0ms");
    try (var server = RunningServer.startAs(become, data, flags, Map.of());
        var seed = Seed.of(server)) {
      Path disk = Disks.random(root.resolve(name + ".raw"), 2 << 20, 1);
      server.client().captured(seed.adopt(disk, DiskFormat.RAW), "t");
      server.terminate();
    }
    var forced = new HashSet<String>();
    for (var event : RecordingFile.readAllEvents(recording)) {
      if (event.getEventType().getName().equals("jdk.FileForce")) {
        forced.add(String.valueOf(event.getString("path")));
      }
    }
    return forced;
  }
}
