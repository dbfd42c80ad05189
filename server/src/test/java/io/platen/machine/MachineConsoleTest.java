package io.platen.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.config.DataDirectory;
import io.platen.disk.Disk;
import io.platen.disk.DiskFormat;
import io.platen.model.OperatingSystem;
import io.platen.model.Refusal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MachineConsoleTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @SuppressWarnings("NullAway.Init")
  private MachineConsole consoles;

  @SuppressWarnings("NullAway.Init")
  private Path file;

  private static Machine machine(MachineDisk disk) {
    return Machine.create(
        "psconsole1",
        "te1",
        "m",
        MachineState.READY,
        "ny2",
        "C1",
        new OperatingSystem("LinuxHeadless", "", "x86_64", "bios"),
        disk,
        Instant.EPOCH);
  }

  private final Machine launched =
      machine(MachineDisk.over(new BaseTemplate("t1", "0".repeat(64)), 1 << 30));

  @BeforeEach
  void make() throws Exception {
    var data = new DataDirectory(directory);
    consoles = new MachineConsole(data);
    file = data.machineConsole(launched.id());
    Files.createDirectories(file.resolveSibling(""));
  }

  private MachineConsole.Piece read(@Nullable Long from) throws Exception {
    return consoles.read(launched, from);
  }

  @Test
  void aMachineThatNeverRanHasWrittenNothing() throws Exception {
    assertThat(read(null)).isEqualTo(new MachineConsole.Piece(0, 0, ""));
    MachineConsole.prepare(file);
    MachineConsole.prepare(file);
    assertThat(read(7L)).isEqualTo(new MachineConsole.Piece(0, 0, ""));
  }

  @Test
  void piecesMeetAndAreBounded() throws Exception {
    // Characters of three bytes: no piece of 64 KiB ends between two of them by itself.
    String all = "x" + "€".repeat(100_000) + "\n";
    Files.writeString(file, all);
    var text = new StringBuilder();
    long next = 0;
    while (next < Files.size(file)) {
      var piece = read(next);
      assertThat(piece.offset()).isEqualTo(next);
      assertThat(piece.text().getBytes(StandardCharsets.UTF_8).length)
          .isLessThanOrEqualTo(MachineConsole.MOST);
      text.append(piece.text());
      next = piece.next();
    }
    assertThat(text.toString()).isEqualTo(all);
    assertThat(read(next).text()).isEmpty();
  }

  @Test
  void withoutAPlaceToBeginItIsTheLastWholeLines() throws Exception {
    Files.writeString(file, "a line of the guest\n".repeat(10_000));
    var piece = read(null);
    assertThat(piece.text()).startsWith("a line of the guest\n").endsWith("guest\n");
    assertThat(piece.text().length()).isBetween(MachineConsole.LAST - 20, MachineConsole.LAST);
    assertThat(piece.next()).isEqualTo(Files.size(file));
  }

  @Test
  void aCharacterThatIsOnItsWayIsLeftForTheNextPiece() throws Exception {
    byte[] bytes = "ab€".getBytes(StandardCharsets.UTF_8);
    Files.write(file, java.util.Arrays.copyOf(bytes, 4));
    assertThat(read(0L)).isEqualTo(new MachineConsole.Piece(0, 2, "ab"));
    Files.write(file, new byte[] {bytes[4], 'c'}, StandardOpenOption.APPEND);
    assertThat(read(2L)).isEqualTo(new MachineConsole.Piece(2, 6, "€c"));
  }

  @Test
  void aFileThatWasBegunAnewIsReadFromItsBeginning() throws Exception {
    Files.writeString(file, "new");
    assertThat(read(1000L)).isEqualTo(new MachineConsole.Piece(0, 3, "new"));
  }

  @Test
  void aLinkIsNotFollowed() throws Exception {
    Files.createSymbolicLink(file, Files.writeString(directory.resolve("secret"), "secret"));
    Assertions.assertThatThrownBy(() -> read(null)).isInstanceOf(java.io.IOException.class);
  }

  @Test
  void anAdoptedMachineHasNone() {
    var adopted =
        machine(MachineDisk.adopted(new Disk.Adopted(file, DiskFormat.RAW), 1 << 30, null));
    Assertions.assertThatThrownBy(() -> consoles.read(adopted, null))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("was adopted");
  }
}
