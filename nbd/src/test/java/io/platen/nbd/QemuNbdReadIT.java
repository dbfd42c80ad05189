package io.platen.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reading through the real qemu-nbd. */
@Timeout(120)
class QemuNbdReadIT {
  private static final int MIB = 1 << 20;

  @TempDir private Path directory;

  /** A sparse raw image: random data in every third MiB or so, its size not a whole MiB. */
  private Path sparseRaw(int size) throws IOException {
    Path image = directory.resolve("sparse.raw");
    Random random = new Random(7);
    try (FileChannel file =
        FileChannel.open(image, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {1}), size - 1L);
      for (int at = 0; at + MIB < size; at += MIB) {
        if (random.nextInt(3) == 0) {
          byte[] data = new byte[1 + random.nextInt(MIB)];
          random.nextBytes(data);
          file.write(ByteBuffer.wrap(data), at + random.nextInt(1000));
        }
      }
    }
    return image;
  }

  private static byte[] read(NbdConnection connection, long offset, int length)
      throws NbdException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(length);
    connection.read(offset, buffer);
    byte[] bytes = new byte[length];
    buffer.get(0, bytes);
    return bytes;
  }

  @Test
  void aServerOfAnotherUserIsNotBelieved() throws Exception {
    UserPrincipalLookupService users = directory.getFileSystem().getUserPrincipalLookupService();
    try (QemuNbd server = QemuNbd.serve("raw", sparseRaw(3 * MIB))) {
      NbdOptions options = NbdOptions.defaults();
      UserPrincipal own = Files.getOwner(directory);
      try (NbdConnection connection =
          NbdConnection.connect(server.socket(), options.withServer(own))) {
        assertThat(connection.size()).isEqualTo(3 * MIB);
      }
      UserPrincipal other = users.lookupPrincipalByName("12345");
      assertThatThrownBy(() -> NbdConnection.connect(server.socket(), options.withServer(other)))
          .isInstanceOf(NbdConnectionException.class)
          .hasMessageContaining("runs as " + own.getName() + " instead of 12345");
    }
  }

  @Test
  void aRawImageWithHolesReadsAsItsFile() throws Exception {
    Path image = sparseRaw(70 * MIB);
    byte[] expected = Files.readAllBytes(image);
    try (QemuNbd server = QemuNbd.serve("raw", image);
        NbdConnection connection = server.connect()) {
      assertThat(connection.size()).isEqualTo(expected.length);
      assertThat(connection.readOnly()).isTrue();
      assertThat(connection.multiConnection()).isTrue();

      // Many requests in one call, into a heap buffer.
      ByteBuffer whole = ByteBuffer.allocate(expected.length);
      connection.read(0, whole);
      assertThat(whole.array()).isEqualTo(expected);

      ByteBuffer piece = ByteBuffer.allocateDirect(3 * MIB + 17);
      connection.read(MIB - 5, piece);
      assertThat(piece.flip()).isEqualTo(ByteBuffer.wrap(expected, MIB - 5, 3 * MIB + 17));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 511, 512, 513, 1000, 4097, 1_048_577})
  void rawSizesAreRoundedUpToSectorsWithZeroes(int size) throws Exception {
    Path image = sparseRaw(size);
    byte[] expected = new byte[(size + 511) / 512 * 512];
    byte[] file = Files.readAllBytes(image);
    System.arraycopy(file, 0, expected, 0, file.length);
    try (QemuNbd server = QemuNbd.serve("raw", image);
        NbdConnection connection = server.connect()) {
      assertThat(connection.size()).isEqualTo(expected.length);
      assertThat(read(connection, 0, expected.length)).isEqualTo(expected);

      List<NbdExtent> extents = new ArrayList<>();
      NbdCursor<NbdExtent> cursor = connection.extents();
      for (NbdExtent e = cursor.next(); e != null; e = cursor.next()) {
        extents.add(e);
      }
      assertThat(extents.getLast().end()).isEqualTo(expected.length);
    }
  }

  @Test
  void anEmptyImageIsAnEmptyExport() throws Exception {
    Path image = Files.createFile(directory.resolve("empty.raw"));
    try (QemuNbd server = QemuNbd.serve("raw", image);
        NbdConnection connection = server.connect()) {
      assertThat(connection.size()).isZero();
      assertThat(connection.extents().next()).isNull();
    }
  }

  @Test
  void severalConnectionsReadOneExportInParallel() throws Exception {
    Path image = sparseRaw(32 * MIB);
    byte[] expected = Files.readAllBytes(image);
    try (QemuNbd server = QemuNbd.serve("raw", image)) {
      byte[] got = new byte[expected.length];
      List<CompletableFuture<Void>> workers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int worker = i;
        workers.add(CompletableFuture.runAsync(() -> readShare(server, worker, got)));
      }
      for (CompletableFuture<Void> worker : workers) {
        worker.get(60, TimeUnit.SECONDS);
      }
      assertThat(got).isEqualTo(expected);
    }
  }

  private static void readShare(QemuNbd server, int worker, byte[] got) {
    try (NbdConnection connection = server.connect()) {
      for (int at = worker * MIB; at < got.length; at += 8 * MIB) {
        connection.read(at, ByteBuffer.wrap(got, at, MIB));
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anUnknownExportIsRefusedInTheServersWords() throws Exception {
    Path image = sparseRaw(MIB);
    try (QemuNbd server = QemuNbd.start("--format=raw", "--export-name=disk", image.toString())) {
      assertThatThrownBy(
              () ->
                  NbdConnection.connect(
                      server.socket(), NbdOptions.defaults().withExportName("nope")))
          .isInstanceOfSatisfying(
              NbdHandshakeException.class,
              e -> {
                assertThat(e.reply()).isEqualTo("NBD_REP_ERR_UNKNOWN");
                assertThat(e.serverMessage()).isEqualTo("export 'nope' not present");
              });
      try (NbdConnection connection =
          NbdConnection.connect(server.socket(), NbdOptions.defaults().withExportName("disk"))) {
        assertThat(connection.size()).isEqualTo(MIB);
      }
    }
  }

  @Test
  void aFailedReadNamesItsRangeAndTheConnectionStillWorks() throws Exception {
    Path image = sparseRaw(4 * MIB);
    byte[] expected = Files.readAllBytes(image);
    // The sector at 1 MiB can't be read.
    String broken =
        "driver=raw,file.driver=blkdebug,file.image.driver=file,file.image.filename="
            + image
            + ",file.inject-error.0.event=none,file.inject-error.0.iotype=read"
            + ",file.inject-error.0.sector=2048,file.inject-error.0.errno=5";
    // Holes would not be read from the file at all.
    try (FileChannel file = FileChannel.open(image, StandardOpenOption.WRITE)) {
      byte[] data = new byte[MIB];
      new Random(3).nextBytes(data);
      file.write(ByteBuffer.wrap(data), MIB);
      System.arraycopy(data, 0, expected, MIB, MIB);
    }
    try (QemuNbd server = QemuNbd.start("--image-opts", broken);
        NbdConnection connection = server.connect()) {
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> read(connection, MIB - 512, 4096))
            .isInstanceOfSatisfying(
                NbdRequestException.class,
                e -> {
                  assertThat(e.errno()).isEqualTo("EIO");
                  assertThat(e.offset()).isEqualTo(MIB - 512);
                  assertThat(e.length()).isEqualTo(4096);
                  assertThat(e.serverMessage()).contains("failed");
                });
        assertThat(read(connection, MIB + 4096, 4096))
            .isEqualTo(Arrays.copyOfRange(expected, MIB + 4096, MIB + 8192));
      }
      assertThatThrownBy(() -> read(connection, 3 * MIB, MIB + 1))
          .isInstanceOf(NbdRequestException.class)
          .hasMessageContaining("beyond the end");
      assertThat(connection.usable()).isTrue();
    }
  }

  @Test
  void aServerKilledWhileReadingIsADeadConnection() throws Exception {
    Path image = sparseRaw(64 * MIB);
    try (QemuNbd server = QemuNbd.serve("raw", image);
        NbdConnection connection = server.connect()) {
      CountDownLatch reading = new CountDownLatch(3);
      CompletableFuture<Throwable> outcome = new CompletableFuture<>();
      Thread.ofVirtual().start(() -> outcome.complete(readUntilFailure(connection, reading)));
      assertThat(reading.await(20, TimeUnit.SECONDS)).isTrue();
      server.signal("KILL");
      assertThat(outcome.get(20, TimeUnit.SECONDS))
          .isExactlyInstanceOf(NbdConnectionException.class);
      assertThat(connection.usable()).isFalse();
    }
  }

  private static Throwable readUntilFailure(NbdConnection connection, CountDownLatch reading) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(64 * MIB);
    try {
      while (true) {
        connection.read(0, buffer.clear());
        reading.countDown();
      }
    } catch (NbdException e) {
      return e;
    }
  }

  @Test
  void aServerThatStopsAnsweringTimesOut() throws Exception {
    Path image = sparseRaw(MIB);
    NbdOptions impatient = NbdOptions.defaults().withTimeout(Duration.ofMillis(500));
    try (QemuNbd server = QemuNbd.serve("raw", image);
        NbdConnection connection = NbdConnection.connect(server.socket(), impatient)) {
      server.signal("STOP");
      assertThatThrownBy(() -> read(connection, 0, MIB)).isInstanceOf(NbdTimeoutException.class);
      assertThatThrownBy(() -> NbdConnection.connect(server.socket(), impatient))
          .isInstanceOf(NbdTimeoutException.class);
    }
  }

  @Test
  void withoutAllocationDepthOnlyAllocationIsGranted() throws Exception {
    Path image = sparseRaw(MIB);
    try (QemuNbd server = QemuNbd.serve("raw", image);
        NbdConnection connection =
            NbdConnection.connect(
                server.socket(),
                NbdOptions.defaults()
                    .withContexts(
                        NbdContext.BASE_ALLOCATION, new NbdContext("qemu:dirty-bitmap:none")))) {
      assertThat(connection.contexts()).containsExactly(NbdContext.BASE_ALLOCATION);
      assertThat(connection.blockStatus(0, MIB).extents().getFirst().depth())
          .isEqualTo(NbdExtent.UNKNOWN_DEPTH);
    }
  }
}
