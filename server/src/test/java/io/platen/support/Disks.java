package io.platen.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;

/** Makes disks, and compares them. */
public final class Disks {
  public static final int MIB = 1 << 20;

  private Disks() {}

  /**
   * A real ext4 file system with generated files, the same ones for the same seed.
   *
   * @param mib the size of the disk
   * @param dataMib how much of it the files take
   */
  public static Path ext4(Path file, int mib, int dataMib, long seed) throws Exception {
    Path source = Files.createTempDirectory(file.toAbsolutePath().getParent(), "source");
    var random = new Random(seed);
    int written = 0;
    for (int i = 0; written < dataMib * MIB; i++) {
      Path directory = Files.createDirectories(source.resolve("d" + i % 7));
      byte[] content = new byte[1 + random.nextInt(MIB)];
      if (i % 3 == 0) {
        // A third compresses well, as texts do.
        java.util.Arrays.fill(content, (byte) ('a' + i % 26));
      } else {
        random.nextBytes(content);
      }
      Files.write(directory.resolve("f" + i), content);
      written += content.length;
    }
    Program.succeed(
        "/sbin/mke2fs",
        "-q",
        "-F",
        "-t",
        "ext4",
        "-U",
        "00000000-0000-4000-8000-%012d".formatted(seed),
        "-d",
        source.toString(),
        file.toString(),
        mib + "M");
    Program.succeed("rm", "-r", source.toString());
    return file;
  }

  /** A raw disk of random bytes with holes. */
  public static Path random(Path file, long bytes, long seed) throws IOException {
    var random = new Random(seed);
    try (var out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(bytes);
      byte[] block = new byte[64 << 10];
      for (long at = 0; at < bytes; at += block.length) {
        // Runs of 16 blocks, every fourth a hole.
        if (at / block.length / 16 % 4 != 3) {
          random.nextBytes(block);
          out.seek(at);
          out.write(block, 0, (int) Math.min(block.length, bytes - at));
        }
      }
    }
    return file;
  }

  public static Path convert(Path raw, String format, Path target) throws Exception {
    Program.succeed(
        "qemu-img", "convert", "-f", "raw", "-O", format, raw.toString(), target.toString());
    return target;
  }

  /** What casync makes of a template. */
  public static Path extract(Path data, String templateId, Path target) throws Exception {
    Program.succeed(
        "casync",
        "extract",
        "--store=" + data.resolve("store.castr"),
        data.resolve("index").resolve(templateId + ".caibx").toString(),
        target.toString());
    return target;
  }

  /** Asserts that a template, extracted by casync, is this raw disk, byte for byte. */
  public static void assertHolds(Path data, String templateId, Path raw) throws Exception {
    Path target = Files.createTempFile(data.toAbsolutePath().getParent(), "extract", ".raw");
    try {
      extract(data, templateId, target);
      assertThat(Files.mismatch(target, raw)).as("%s against %s", templateId, raw).isEqualTo(-1);
    } finally {
      Files.deleteIfExists(target);
    }
  }

  /** Asserts that the disk that a machine was launched with is this raw one. */
  public static void assertLaunched(Path data, String machine, Path raw) throws Exception {
    Path overlay = data.resolve("machines").resolve(machine).resolve("disk.qcow2");
    assertThat(
            Program.succeed(
                "qemu-img", "compare", "-f", "raw", "-F", "qcow2", raw.toString(), "" + overlay))
        .contains("identical");
  }

  public static String sha256(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      var digest = MessageDigest.getInstance("SHA-256");
      new DigestInputStream(in, digest).transferTo(java.io.OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
