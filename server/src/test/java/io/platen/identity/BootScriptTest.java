package io.platen.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cloud-init is given, run as it does: the boothook, then what is in scripts/per-boot. */
class BootScriptTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path directory;

  @SuppressWarnings("NullAway.Init")
  private Path cloud;

  @SuppressWarnings("NullAway.Init")
  private Path told;

  @BeforeEach
  void instance() throws Exception {
    cloud = directory.resolve("cloud");
    told = directory.resolve("told");
    Files.createDirectories(cloud.resolve("instance/sem"));
  }

  /** One boot of a machine that is to run this; tells what the script wrote. */
  private String boot(@Nullable BootScript script) throws Exception {
    String data = BootScript.userData(script);
    assertThat(data).startsWith("#cloud-boothook\n#!/bin/sh\n").isASCII();
    run(
        Files.writeString(
            directory.resolve("boothook"), data.replace("/var/lib/cloud", cloud.toString())));
    Files.deleteIfExists(told);
    Path hook = cloud.resolve("scripts/per-boot/platen-startup");
    if (Files.exists(hook)) {
      assertThat(Files.isExecutable(hook)).isTrue();
      run(hook);
    }
    return Files.exists(told) ? Files.readString(told) : "";
  }

  private static void run(Path script) throws Exception {
    var process = new ProcessBuilder("sh", script.toString()).inheritIO().start();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  private BootScript script(String id, String what, boolean once) {
    return new BootScript(id, "#!/bin/sh\necho %s >%s\n".formatted(what, told), once);
  }

  @Test
  void withoutAScriptNothingIsRun() throws Exception {
    assertThat(boot(null)).isEmpty();
  }

  @Test
  void aScriptIsRunAtEachBootAndNoLongerThanTheMachineHasIt() throws Exception {
    assertThat(boot(script("sc1", "first", false))).isEqualTo("first\n");
    assertThat(boot(script("sc1", "changed", false))).isEqualTo("changed\n");
    assertThat(boot(script("sc2", "other", false))).isEqualTo("other\n");
    assertThat(boot(null)).isEmpty();
  }

  @Test
  void aScriptThatRunsOnceDoesSoAtTheFirstBootWithIt() throws Exception {
    assertThat(boot(null)).isEmpty();
    var once = script("sc1", "once", true);
    assertThat(boot(once)).isEqualTo("once\n");
    assertThat(boot(once)).isEmpty();
    assertThat(boot(script("sc2", "another", true))).isEqualTo("another\n");
    assertThat(boot(once)).isEmpty();
  }

  @Test
  void aCopyIsAnotherInstanceAndRunsItAgain() throws Exception {
    var once = script("sc1", "once", true);
    assertThat(boot(once)).isEqualTo("once\n");
    Files.move(cloud.resolve("instance"), cloud.resolve("former"));
    Files.createDirectories(cloud.resolve("instance/sem"));
    assertThat(boot(once)).isEqualTo("once\n");
  }

  @Test
  void withoutAFirstLineThatNamesAnInterpreterItIsForTheShell() throws Exception {
    assertThat(boot(new BootScript("sc1", "echo plain >" + told, false))).isEqualTo("plain\n");
  }

  @Test
  void anyTextArrivesAsItIsAndIsForRootAlone() throws Exception {
    String text = "#!/bin/sh\nTEXT\nHOOK\n$cloud `exit 1` \\ 'é\uD83D\uDE80'\r\n\t%s%%".repeat(400);
    Files.createDirectories(cloud.resolve("scripts/per-boot"));
    boot(script("sc1", "before", false));
    run(
        Files.writeString(
            directory.resolve("boothook"),
            BootScript.userData(new BootScript("sc2", text, true))
                .replace("/var/lib/cloud", cloud.toString())));
    Path arrived = cloud.resolve("scripts/platen-startup");
    assertThat(Files.readString(arrived, StandardCharsets.UTF_8)).isEqualTo(text);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(arrived)))
        .isEqualTo("rwx------");
  }
}
