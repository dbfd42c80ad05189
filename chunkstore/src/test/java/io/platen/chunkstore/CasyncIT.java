package io.platen.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.chunkstore.contract.MemoryImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the real casync. */
@Timeout(120)
class CasyncIT {
  private static final int MIB = 1 << 20;

  @TempDir Path directory;

  private final Workspaces workspaces = new Workspaces(4);

  private Path path(String name) {
    return directory.resolve(name);
  }

  private ImageWritten write(ImageSource image) throws IOException {
    try (FileChunkStore store = FileChunkStore.open(path("ours.castr"))) {
      return new ImageWriter(store, new FileIndexStore(directory), workspaces, 2)
          .write(image, null, "ours", ProgressListener.NONE, new Cancellation());
    }
  }

  private void casyncMake(Path image) throws IOException, InterruptedException {
    Program.run(
        "casync",
        "make",
        "--digest=sha256",
        "--compression=zstd",
        "--chunk-size=1048576:1048576:1048576",
        "--store=" + path("theirs.castr"),
        path("theirs.caibx").toString(),
        image.toString());
  }

  private void casyncExtract(Path store, Path index) throws IOException, InterruptedException {
    Program.run("casync", "extract", "--store=" + store, index.toString(), path("out").toString());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4096, MIB - 1, MIB, MIB + 1, 5 * MIB, 9 * MIB + 4321})
  void casyncExtractsWhatWeWriteAndMakesTheSameIndex(int size) throws Exception {
    byte[] bytes = RandomImages.bytes(size, size);
    write(MemoryImage.ofData(bytes));
    casyncExtract(path("ours.castr"), path("ours.caibx"));
    assertThat(path("out")).hasBinaryContent(bytes);

    Files.write(path("image"), bytes);
    casyncMake(path("image"));
    assertThat(path("ours.caibx")).hasSameBinaryContentAs(path("theirs.caibx"));
  }

  @Test
  void casyncExtractsImagesWithHoles() throws Exception {
    List<Extent> extents = RandomImages.extents(17 * MIB + 99, new Random(3));
    MemoryImage image = RandomImages.image(17 * MIB + 99, extents, new byte[0], 4);
    write(image);
    casyncExtract(path("ours.castr"), path("ours.caibx"));
    assertThat(path("out")).hasBinaryContent(image.bytes);
  }

  @Test
  void casyncExtractsAnImageThatIsAllHole() throws Exception {
    int size = 3 * MIB + 5;
    write(new MemoryImage(new byte[size], List.of(new Extent(0, size, Extent.Kind.ZERO))));
    casyncExtract(path("ours.castr"), path("ours.caibx"));
    assertThat(path("out")).hasBinaryContent(new byte[size]);
  }

  @Test
  void whatCasyncMakesIsRestored() throws Exception {
    byte[] bytes = RandomImages.bytes(7 * MIB + 1, 8);
    Arrays.fill(bytes, MIB, 3 * MIB, (byte) 0);
    Files.write(path("image"), bytes);
    casyncMake(path("image"));
    try (Index index = Index.open(path("theirs.caibx"))) {
      new ImageReader(new ChunkDirectory(path("theirs.castr")), workspaces, 2)
          .read(index, path("out"), bytes.length, ProgressListener.NONE, new Cancellation());
    }
    assertThat(path("out")).hasBinaryContent(bytes);
  }

  @Test
  void aStoreThatCasyncFilledIsAddedToAndItsChunksAreNotStoredAgain() throws Exception {
    byte[] bytes = RandomImages.bytes(4 * MIB, 8);
    Files.write(path("image"), bytes);
    casyncMake(path("image"));
    Files.move(path("theirs.castr"), path("ours.castr"));
    assertThat(write(MemoryImage.ofData(bytes)).newChunks()).isZero();
  }

  @Test
  void casyncCollectsGarbageInOurStoreWithoutHarm() throws Exception {
    byte[] first = RandomImages.bytes(4 * MIB, 1);
    write(MemoryImage.ofData(first));
    byte[] second = RandomImages.bytes(4 * MIB, 2);
    write(MemoryImage.ofData(second));
    Program.run("casync", "gc", "--store=" + path("ours.castr"), path("ours.caibx").toString());
    casyncExtract(path("ours.castr"), path("ours.caibx"));
    assertThat(path("out")).hasBinaryContent(second);
  }
}
