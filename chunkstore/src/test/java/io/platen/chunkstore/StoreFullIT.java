package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.platen.chunkstore.contract.MemoryImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** On a real file system that is really full. Needs root, to mount one. */
@Timeout(120)
class StoreFullIT {
  private static final int MIB = 1 << 20;

  @TempDir Path directory;

  private final Workspaces workspaces = new Workspaces(4);
  private Path small;

  @BeforeEach
  void mount() throws Exception {
    assumeTrue(Program.run("id", "-u").trim().equals("0"), "only root can mount a file system");
    small = Files.createDirectory(directory.resolve("small"));
    Program.run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", small.toString());
  }

  @AfterEach
  void unmount() throws Exception {
    workspaces.close();
    Program.run("umount", small.toString());
  }

  private static MemoryImage incompressible(int mebibytes) {
    byte[] bytes = new byte[mebibytes * MIB];
    new Random(3).nextBytes(bytes);
    return MemoryImage.ofData(bytes);
  }

  private ImageWritten write(FileChunkStore store, ImageSource image, Path indexes)
      throws IOException {
    return new ImageWriter(store, new FileIndexStore(indexes), workspaces, 2)
        .write(image, null, "a", ProgressListener.NONE, new Cancellation());
  }

  @Test
  void aFullStoreFailsTheCaptureByTypeAndPathAndKeepsWhatIsStored() throws Exception {
    MemoryImage image = incompressible(64);
    Path index = directory.resolve("a.caibx");
    try (FileChunkStore store = FileChunkStore.open(small.resolve("x.castr"))) {
      assertThatThrownBy(() -> write(store, image, directory))
          .isInstanceOf(StoreFull.class)
          .hasMessageContaining(small.toString())
          .hasMessageContaining("free space");
      assertThat(index).doesNotExist();
      // Room for others: 1/16 of the file system.
      assertThat(small.toFile().getUsableSpace()).isBetween(24L * MIB / 16, 5L * MIB);
      Program.run("mount", "-o", "remount,size=200m", small.toString());
      ImageWritten written = write(store, image, directory);
      assertThat(written.newChunks()).isLessThan(64);
      assertThat(written.deduplicatedBytes()).isGreaterThan(8 * MIB);
    }
    assertThat(small.resolve("x.castr/.tmp").toFile().list()).containsExactly("lock");
  }

  @Test
  void whatIsBeingWrittenIsCountedBeforeTheFileSystemDoes() throws Exception {
    Reserve reserve = new Reserve(small);
    long usable = small.toFile().getUsableSpace() - 24L * MIB / 16;
    Reserve.Room first = reserve.take(small.resolve("a"), usable - MIB);
    assertThatThrownBy(() -> reserve.take(small.resolve("b"), MIB + 1))
        .isInstanceOf(StoreFull.class)
        .hasMessageContaining(small.resolve("b").toString());
    reserve.take(small.resolve("b"), MIB).close();
    first.close();
    reserve.take(small.resolve("c"), usable).close();
  }

  @Test
  void whatOthersTakeOfTheReserveFailsTheCaptureByTypeToo() throws Exception {
    try (FileChunkStore store = FileChunkStore.open(small.resolve("x.castr"))) {
      Path others = small.resolve("others");
      Files.write(others, new byte[(int) small.toFile().getUsableSpace() - 4096]);
      assertThatThrownBy(() -> write(store, incompressible(8), directory))
          .isInstanceOf(StoreFull.class)
          .hasMessageContaining(small.toString());
      Files.delete(others);
      write(store, incompressible(8), directory);
    }
  }

  @Test
  void aFullIndexDirectoryFailsTheCaptureByType() throws Exception {
    long size = 4000L << 30;
    ImageSource image = new SparseImage(size);
    try (FileChunkStore store = FileChunkStore.open(directory.resolve("x.castr"))) {
      assertThatThrownBy(() -> write(store, image, small))
          .isInstanceOf(StoreFull.class)
          .hasMessageContaining("a.caibx");
    }
    assertThat(small).isEmptyDirectory();
  }

  @Test
  void aFullDiskFailsTheRestoreByTypeAndLeavesNothing() throws Exception {
    Path index = directory.resolve("a.caibx");
    try (FileChunkStore store = FileChunkStore.open(directory.resolve("x.castr"))) {
      write(store, incompressible(40), directory);
      try (Index opened = Index.open(index)) {
        ImageReader reader = new ImageReader(store, workspaces, 2);
        assertThatThrownBy(
                () ->
                    reader.read(
                        opened,
                        small.resolve("a.raw"),
                        Long.MAX_VALUE,
                        ProgressListener.NONE,
                        new Cancellation()))
            .isInstanceOf(StoreFull.class);
      }
    }
    assertThat(small).isEmptyDirectory();
  }

  @Test
  void aReadOnlyStoreIsRefusedByPath() throws Exception {
    Path root = small.resolve("x.castr");
    FileChunkStore.open(root).close();
    Program.run("mount", "-o", "remount,ro", small.toString());
    assertThatThrownBy(() -> FileChunkStore.open(root))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(root.toString());
  }
}
