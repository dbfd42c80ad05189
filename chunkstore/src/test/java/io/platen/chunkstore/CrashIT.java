package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kills a capturing process at random steps and looks at what is left. */
@Timeout(120)
class CrashIT {
  private static final int MIB = 1 << 20;
  private static final int MEBIBYTES = 70;
  private static final int ROUNDS = 8;

  @TempDir Path directory;

  private final Map<Path, String> seen = new HashMap<>();
  private ChunkId lastId = ZeroChunk.id(1);

  @Test
  void aKilledCaptureLeavesNothingHalfAndRepeatsNoStoredChunk() throws Exception {
    byte[] bytes = new byte[MEBIBYTES * MIB + 17];
    new Random(1).nextBytes(bytes);
    lastId =
        ChunkId.of(
            Sha256.create().digest(Arrays.copyOfRange(bytes, MEBIBYTES * MIB, bytes.length)));
    Path image = directory.resolve("image");
    Files.write(image, bytes);
    Path store = directory.resolve("x.castr");
    Path index = directory.resolve("x.caibx");
    Random random = new Random(2);
    for (int round = 0; round < ROUNDS; round++) {
      // Later rounds have fewer chunks to put, so that all kinds of step get their turn.
      int steps = random.nextInt(MEBIBYTES / (round + 1) + 4);
      Process child = CrashChild.command(image, store, directory).start();
      try (BufferedReader output = child.inputReader()) {
        String line = output.readLine();
        for (int i = 0; i < steps && line != null; i++) {
          line = output.readLine();
        }
        child.destroyForcibly().waitFor();
      }
      assertSound(store, index, bytes);
    }
    Process last = CrashChild.command(image, store, directory).start();
    try (BufferedReader output = last.inputReader()) {
      assertThat(output.lines().toList()).endsWith("synced", "published", "closed");
    }
    assertThat(last.waitFor()).isZero();
    assertSound(store, index, bytes);
    assertThat(index).exists();
    assertThat(seen).hasSize(MEBIBYTES + 1);
    assertThat(directory.toFile().list()).containsExactlyInAnyOrder("image", "x.castr", "x.caibx");
    assertThat(store.resolve(".tmp").toFile().list()).containsExactly("lock");
  }

  private void assertSound(Path store, Path index, byte[] bytes) throws IOException {
    List<Path> chunks;
    try (Stream<Path> files = Files.walk(store)) {
      chunks = files.filter(file -> file.toString().endsWith(".cacnk")).toList();
    }
    try (Workspace workspace = new Workspace()) {
      ChunkDirectory directory = new ChunkDirectory(store);
      for (Path chunk : chunks) {
        assertNeverRewritten(chunk);
        String name = String.valueOf(chunk.getFileName());
        ChunkId id = ChunkId.ofHex(name.substring(0, name.indexOf('.')));
        ByteBuffer frame = workspace.frame();
        directory.read(id, frame);
        workspace.decode(id, id.equals(lastId) ? 17 : MIB);
      }
    }
    assertThat(chunks).containsAll(seen.keySet());
    if (Files.exists(index)) {
      assertRestores(store, index, bytes);
    }
  }

  private void assertNeverRewritten(Path chunk) throws IOException {
    FileTime modified = Files.getLastModifiedTime(chunk);
    String identity = Files.getAttribute(chunk, "unix:ino") + " " + modified;
    String before = seen.putIfAbsent(chunk, identity);
    assertThat(identity).isEqualTo(before == null ? identity : before);
  }

  private void assertRestores(Path store, Path index, byte[] bytes) throws IOException {
    Path restored = directory.resolve("restored");
    try (Workspaces workspaces = new Workspaces(2);
        Index opened = Index.open(index)) {
      new ImageReader(new ChunkDirectory(store), workspaces, 2)
          .read(opened, restored, bytes.length, ProgressListener.NONE, new Cancellation());
    }
    assertThat(Files.readAllBytes(restored)).isEqualTo(bytes);
    Files.delete(restored);
  }
}
