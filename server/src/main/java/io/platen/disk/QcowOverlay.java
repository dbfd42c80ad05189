package io.platen.disk;

import io.platen.linux.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * Makes a machine's disk: an empty qcow2 image over a raw base image. Source of the format:
 * docs/interop/qcow2.txt of QEMU 7.2.
 *
 * <p>Written here and not by {@code qemu-img create}, because a launch waits for it: a process
 * takes 30 to 40 ms, this about one. The layout is qemu-img's, with clusters of 64 KiB:
 *
 * <pre>
 * cluster 0   header, extension "backing format", name of the backing file
 * cluster 1   reference count table: one entry
 * cluster 2   reference counts: 1 for each cluster in the file
 * cluster 3-  L1 table, all zeros: every cluster is the base image's
 * </pre>
 */
public final class QcowOverlay {
  private static final int CLUSTER_BITS = 16;
  private static final int CLUSTER = 1 << CLUSTER_BITS;
  private static final int REFCOUNT_ORDER = 4; // 2^4 = 16 bits each
  private static final int HEADER_LENGTH = 112; // 104, the compression type and padding
  private static final int L1_CLUSTER = 3;
  private static final int SECTOR = 512;
  private static final int MAX_BACKING_NAME = 1023;

  /** An L1 entry leads to an L2 table of 8192 entries, each for a cluster: 512 MiB. */
  private static final long BYTES_PER_L1_ENTRY = (long) CLUSTER / 8 * CLUSTER;

  private QcowOverlay() {}

  /**
   * Creates the disk, durably: after a crash there is either the whole file or none of that name.
   *
   * @param target the file to create, readable by this user alone; its directory has to exist
   * @param backing the raw base image
   * @param backingName the base image's name as the header gets it, relative to the directory of
   *     {@code target}, so that the data directory can be moved
   * @param virtualSize in bytes: a multiple of 512, at least the size of the base image
   * @throws FileAlreadyExistsException if there is a file of that name; it stays as it is
   */
  public static void create(Path target, Path backing, String backingName, long virtualSize)
      throws IOException {
    byte[] name = backingName.getBytes(StandardCharsets.UTF_8);
    checkName(target, backing, backingName, name);
    checkSize(backing, virtualSize);
    Path temporary = target.resolveSibling(target.getFileName() + "." + UUID.randomUUID() + ".tmp");
    try {
      write(temporary, name, virtualSize);
      // A link, because a rename would replace a disk that is there.
      Files.createLink(target, temporary);
    } finally {
      Files.deleteIfExists(temporary);
    }
    syncDirectory(Objects.requireNonNull(target.toAbsolutePath().getParent()));
  }

  private static void checkName(Path target, Path backing, String backingName, byte[] bytes)
      throws IOException {
    if (bytes.length == 0 || bytes.length > MAX_BACKING_NAME) {
      throw new IllegalArgumentException(
          "the name of a backing file has 1 to " + MAX_BACKING_NAME + " bytes: " + backingName);
    }
    if (backingName.contains(":")) { // QEMU might take it for a protocol
      throw new IllegalArgumentException("a colon in the name of a backing file: " + backingName);
    }
    if (!Files.isSameFile(target.toAbsolutePath().resolveSibling(backingName), backing)) {
      throw new IOException(
          backingName
              + ", seen from "
              + target
              + ", is not "
              + backing
              + ": the cache and the machines have to be in one data directory");
    }
  }

  private static void checkSize(Path backing, long virtualSize) throws IOException {
    long smallest = ImageHeader.read(backing, DiskFormat.RAW).exportedSize();
    if (virtualSize % SECTOR != 0
        || virtualSize < smallest
        || virtualSize > ImageHeader.MAX_VIRTUAL_SIZE) {
      throw new IllegalArgumentException(
          "a disk of "
              + virtualSize
              + " bytes can't be made: it has to be a multiple of 512, from "
              + smallest
              + " (the base image) to "
              + ImageHeader.MAX_VIRTUAL_SIZE);
    }
  }

  private static void write(Path file, byte[] backingName, long virtualSize) throws IOException {
    int l1Entries = Math.toIntExact((virtualSize + BYTES_PER_L1_ENTRY - 1) / BYTES_PER_L1_ENTRY);
    int l1Clusters = (l1Entries * 8 + CLUSTER - 1) / CLUSTER;
    int clusters = L1_CLUSTER + l1Clusters;
    try (FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
            OwnerOnly.FILE)) {
      write(channel, header(backingName, virtualSize, l1Entries), 0);
      write(channel, buffer(8).putLong(2L * CLUSTER), CLUSTER);
      ByteBuffer counts = buffer(clusters * 2);
      for (int i = 0; i < clusters; i++) {
        counts.putShort((short) 1);
      }
      write(channel, counts, 2L * CLUSTER);
      // The L1 table is a hole, up to its end.
      write(channel, buffer(1).put((byte) 0), (long) clusters * CLUSTER - 1);
      channel.force(true);
    }
  }

  private static ByteBuffer header(byte[] backingName, long virtualSize, int l1Entries) {
    ByteBuffer h = buffer(HEADER_LENGTH + 24 + backingName.length);
    h.putInt(Qcow2Header.MAGIC).putInt(3);
    h.putLong(HEADER_LENGTH + 24).putInt(backingName.length); // the name follows the extensions
    h.putInt(CLUSTER_BITS).putLong(virtualSize);
    h.putInt(0); // no encryption
    h.putInt(l1Entries).putLong((long) L1_CLUSTER * CLUSTER);
    h.putLong(CLUSTER).putInt(1); // reference count table, in clusters
    h.putInt(0).putLong(0); // no snapshots
    h.putLong(0).putLong(0).putLong(0); // no features
    h.putInt(REFCOUNT_ORDER).putInt(HEADER_LENGTH);
    h.putLong(0); // compression type zlib, padding
    h.putInt(Qcow2Header.EXTENSION_BACKING_FORMAT).putInt(3);
    h.put("raw".getBytes(StandardCharsets.US_ASCII)).put(new byte[5]); // padded to eight bytes
    h.putInt(Qcow2Header.EXTENSION_END).putInt(0);
    return h.put(backingName);
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.BIG_ENDIAN);
  }

  private static void write(FileChannel channel, ByteBuffer bytes, long offset) throws IOException {
    bytes.flip();
    long position = offset;
    while (bytes.hasRemaining()) {
      position += channel.write(bytes, position);
    }
  }

  private static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
