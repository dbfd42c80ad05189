package io.platen.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.node.OwnFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MachineFileTest {
  private static final MachineFile FILE =
      new MachineFile(
          MachineFile.VERSION,
          "ps1",
          new MachineFile.Owner("te1", "über \"x\"\n"),
          "a \uD83D\uDE00",
          "C5",
          "LinuxHeadless",
          "Debian 13",
          "ny2",
          "x86_64",
          "uefi",
          50L << 30,
          "t1",
          "0123456789abcdef".repeat(4),
          new MachineFile.Network("n1", "lab", "ny2", 7),
          "sc1",
          new MachineFile.Automatic(true, "hourly", 3, true, 8, false),
          1_767_225_600_000L);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  private MachineFile read(String text) throws IOException {
    return MachineFile.read(Files.writeString(directory.resolve("machine.json"), text), "ps1");
  }

  @Test
  void whatIsWrittenIsReadAgain() throws Exception {
    Path file = directory.resolve("machine.json");
    OwnFile.write(file, "before");
    OwnFile.write(file, FILE.text());
    assertThat(MachineFile.read(file, "ps1")).isEqualTo(FILE);
    assertThat(Files.getPosixFilePermissions(file))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aMachineOfTheDefaultNetworkWithoutAScriptIsReadAgain() throws Exception {
    String text =
        FILE.text()
            .replaceAll("\"network\" : \\{[^}]*}", "\"network\" : null")
            .replace("\"sc1\"", "null");
    var machine = read(text).machine("te2", MachineState.READY, null, Instant.EPOCH);
    assertThat(machine.guest()).isEqualTo(Guest.NONE);
    assertThat(machine.teamId()).isEqualTo("te2");
    assertThat(machine.disk().base())
        .isEqualTo(new BaseTemplate("t1", "0123456789abcdef".repeat(4)));
    assertThat(machine.dtCreated()).isEqualTo(Instant.ofEpochMilli(1_767_225_600_000L));
  }

  @Test
  void whatIsDoneWithTheMachineUnaskedIsKnownAgain() throws Exception {
    assertThat(read(FILE.text()).machine("te2", MachineState.OFF, null, Instant.EPOCH).automation())
        .isEqualTo(
            new Automation(
                new Automation.Snapshots(true, SnapshotFrequency.HOURLY, 3),
                new Automation.Shutdown(true, 8, false)));
  }

  @Test
  void aFileThatIsOlderThanAutomaticSnapshotsIsReadAsWithoutThem() throws Exception {
    String text = FILE.text().replaceAll("\"automation\" : \\{[^}]*},", "");
    assertThat(text).doesNotContain("automation");
    assertThat(read(text).machine("te2", MachineState.OFF, null, Instant.EPOCH).automation())
        .isEqualTo(Automation.NONE);
  }

  @Test
  void whatALaterVersionAddsIsNoFault() throws Exception {
    assertThat(read(FILE.text().replaceFirst("\\{", "{\"more\" : [1],"))).isEqualTo(FILE);
  }

  @Test
  void whatIsNoFileOfThisMachineIsRefused() {
    for (var bad :
        new String[] {
          "",
          "null",
          "[]",
          "{}",
          FILE.text().substring(0, 100),
          FILE.text().replace("\"ps1\"", "\"ps2\""),
          FILE.text().replace("\"ps1\"", "null"),
          FILE.text().replace("\"te1\"", "\"../x\""),
          FILE.text().replace("\"t1\"", "\"../../etc/passwd\""),
          FILE.text().replace("0123456789abcdef", "../../../../etc/"),
          FILE.text().replace("\"n1\"", "\"a b\""),
          FILE.text().replace("53687091200", "0"),
          FILE.text().replace("hourly", "often"),
          FILE.text().replace("\"saveCount\" : 3", "\"saveCount\" : 0"),
          FILE.text().replace("\"saveCount\" : 3", "\"saveCount\" : null"),
          FILE.text().replace("\"hours\" : 8", "\"hours\" : 100000"),
          FILE.text().replace("\"snapshots\" : true,", ""),
          FILE.text().replace("53687091200", "\"large\""),
          FILE.text().replaceAll("\"team\" : \\{[^}]*}", "\"team\" : null"),
          FILE.text().replaceFirst("\"version\" : 1", "\"version\" : 2"),
          FILE.text().replaceFirst("\"version\" : 1,", ""),
        }) {
      assertThatThrownBy(() -> read(bad)).as("%s", bad).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aFileThatIsMissingIsNamed() {
    Path file = directory.resolve("none.json");
    assertThatThrownBy(() -> MachineFile.read(file, "ps1")).hasMessageContaining("none.json");
  }
}
