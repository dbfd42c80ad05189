package io.platen.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.platen.config.DataDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of a restore, cut off at each step and gone on with. */
final class RestoredDiskTest {
  private static final String ID = "ps1";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path root;

  @SuppressWarnings("NullAway.Init")
  private DataDirectory data;

  @SuppressWarnings("NullAway.Init")
  private RestoredDisk disks;

  @SuppressWarnings("NullAway.Init")
  private Path image;

  @BeforeEach
  void machine() throws IOException {
    data = new DataDirectory(root.resolve("data"));
    data.create();
    disks = new RestoredDisk(data);
    Files.createDirectory(data.machine(ID));
    Files.writeString(data.machineDisk(ID), "old");
    image = Files.write(data.cache().resolve("1.raw"), new byte[4096]);
  }

  private void make() throws IOException {
    disks.make(ID, image, 1 << 20);
  }

  private boolean isOld() throws IOException {
    return Files.size(data.machineDisk(ID)) == 3;
  }

  private List<String> files() throws IOException {
    try (var files = Files.list(data.machine(ID))) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    }
  }

  @Test
  void theOldDiskIsKeptUntilItIsDropped() throws IOException {
    make();
    assertThat(isOld()).isTrue();
    disks.swap(ID);
    disks.swap(ID);
    assertThat(isOld()).isFalse();
    assertThat(Files.readString(data.machineFormerDisk(ID))).isEqualTo("old");
    disks.drop(ID);
    disks.drop(ID);
    assertThat(files()).containsExactly("disk.qcow2");
    assertThat(isOld()).isFalse();
  }

  @Test
  void aSwapThatWasCutOffInTheMiddleGoesOn() throws IOException {
    make();
    Files.createLink(data.machineFormerDisk(ID), data.machineDisk(ID));
    assertThat(disks.isSwapped(ID)).isFalse();
    disks.swap(ID);
    assertThat(disks.isSwapped(ID)).isTrue();
    assertThat(isOld()).isFalse();
    assertThat(Files.readString(data.machineFormerDisk(ID))).isEqualTo("old");
  }

  @Test
  void aSwapThatWasCutOffInTheMiddleIsGivenUpWithoutATrace() throws IOException {
    make();
    Files.createLink(data.machineFormerDisk(ID), data.machineDisk(ID));
    disks.discard(ID);
    assertThat(files()).containsExactly("disk.qcow2");
    assertThat(disks.isSwapped(ID)).isFalse();
    assertThat(isOld()).isTrue();
  }

  @Test
  void anUndoneRestoreLeavesTheOldDisk() throws IOException {
    make();
    disks.swap(ID);
    disks.undo(ID);
    disks.undo(ID);
    assertThat(files()).containsExactly("disk.qcow2");
    assertThat(disks.isSwapped(ID)).isFalse();
    assertThat(isOld()).isTrue();
  }

  @Test
  void aNewRestoreKeepsNothingOfTheOneBefore() throws IOException {
    make();
    disks.swap(ID);
    Files.writeString(data.machineDisk(ID), "second");
    make();
    make();
    disks.swap(ID);
    assertThat(Files.readString(data.machineFormerDisk(ID))).isEqualTo("second");
  }

  @Test
  void aDiskIsNotMadeSmallerThanItsImage() {
    assertThatThrownBy(() -> disks.make(ID, image, 512))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
