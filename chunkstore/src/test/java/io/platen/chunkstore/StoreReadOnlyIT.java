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

/**
 * On an ext4 file system that turns read-only, as it does by itself after an error of its disk.
 * Needs root, to mount one.
 */
@Timeout(120)
class StoreReadOnlyIT {
  private static final int MIB = 1 << 20;

  @TempDir Path directory;

  private final Workspaces workspaces = new Workspaces(4);
  private Path mounted;

  @BeforeEach
  void mount() throws Exception {
    assumeTrue(Program.run("id", "-u").trim().equals("0"), "only root can mount a file system");
    Path disk = directory.resolve("disk.img");
    Program.run("truncate", "-s", "128M", disk.toString());
    Program.run("/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4", disk.toString());
    mounted = Files.createDirectory(directory.resolve("mounted"));
    Program.run("mount", "-o", "loop", disk.toString(), mounted.toString());
  }

  @AfterEach
  void unmount() throws Exception {
    workspaces.close();
    Program.run("umount", mounted.toString());
  }

  /** What the kernel does at an error; it works with files open for writing. */
  private void turnReadOnly() throws Exception {
    String source = Program.run("findmnt", "-n", "-o", "SOURCE", mounted.toString()).trim();
    assertThat(source).startsWith("/dev/loop");
    Program.run("mount", "-o", "remount,errors=remount-ro", mounted.toString());
    String device = source.substring("/dev/".length());
    Files.writeString(Path.of("/sys/fs/ext4", device, "trigger_fs_error"), "test");
  }

  private static MemoryImage incompressible(int mebibytes, long seed) {
    byte[] bytes = new byte[mebibytes * MIB];
    new Random(seed).nextBytes(bytes);
    return MemoryImage.ofData(bytes);
  }

  private void write(ChunkStore store, ImageSource image) throws IOException {
    new ImageWriter(store, new FileIndexStore(directory), workspaces, 2)
        .write(image, null, "a", ProgressListener.NONE, new Cancellation());
  }

  @Test
  void theCaptureFailsNamingTheStoreAndARetryWorksOnceItCanBeWritten() throws Exception {
    MemoryImage first = incompressible(8, 1);
    MemoryImage second = incompressible(8, 2);
    Path root = mounted.resolve("x.castr");
    try (FileChunkStore store = FileChunkStore.open(root)) {
      write(store, first);
      Files.delete(directory.resolve("a.caibx"));
      turnReadOnly();
      assertThatThrownBy(() -> write(store, second))
          .isInstanceOf(StoreUnavailable.class)
          .hasMessageContaining(root.toString());
      assertThat(directory.resolve("a.caibx")).doesNotExist();
    }
    Program.run("umount", mounted.toString());
    // It answers 1 when it corrected something, and it notes the error that was made here.
    String disk = directory.resolve("disk.img").toString();
    Program.run("sh", "-c", "/usr/sbin/e2fsck -p -f \"$0\" || [ $? = 1 ]", disk);
    Program.run("mount", "-o", "loop", disk, mounted.toString());
    try (FileChunkStore store = FileChunkStore.open(root)) {
      write(store, first);
      write(store, second);
    }
  }
}
