package io.platen.disk;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** Runs the real tools that tests compare with, and makes images. */
public final class Shell {
  public record Result(int status, String output) {}

  private Shell() {}

  public static Result run(String... command) throws IOException, InterruptedException {
    Path output = Files.createTempFile("shell", ".out");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(120, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(String.join(" ", command) + " does not end");
      }
      return new Result(
          process.exitValue(), new String(Files.readAllBytes(output), StandardCharsets.ISO_8859_1));
    } finally {
      Files.delete(output);
    }
  }

  public static String succeed(String... command) throws IOException, InterruptedException {
    Result result = run(command);
    assertThat(result.status()).as("%s: %s", String.join(" ", command), result.output()).isZero();
    return result.output();
  }

  /**
   * QEMU measures how fast this host derives keys, and gives up where the clock of processor time
   * did not move meanwhile; that is about the host, so it is asked again.
   */
  public static void createEncrypted(Path image) throws IOException, InterruptedException {
    Result result;
    int attempts = 0;
    do {
      result =
          run(
              "qemu-img",
              "create",
              "-q",
              "-f",
              "qcow2",
              "--object",
              "secret,id=s,data=abc",
              "-o",
              "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10",
              "" + image,
              "4M");
      attempts++;
    } while (result.output().contains("accurate CPU usage") && attempts < 20);
    assertThat(result.status()).as("%s", result.output()).isZero();
  }

  /** Changes a file in place. */
  public static void patch(Path file, long offset, byte... bytes) {
    try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
      f.seek(offset);
      f.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static void truncate(Path file, long length) {
    try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
      f.setLength(length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static long virtualSize(Path image, String format) throws IOException, InterruptedException {
    String json = succeed("qemu-img", "info", "-f", format, "--output=json", image.toString());
    return new JsonMapper().readTree(json).path("virtual-size").asLong();
  }

  /** A raw disk of 24 MiB with data at its start and end and a hole between. */
  static Path rawDisk(Path dir) throws IOException {
    Path raw = dir.resolve("disk.raw");
    byte[] data = new byte[3 << 20];
    new Random(42).nextBytes(data);
    patch(raw, 0, data);
    patch(raw, (24 << 20) - data.length, data);
    return raw;
  }

  /** The same disk in another format. */
  public static Path convert(Path raw, Path target, String format, String... options)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("qemu-img", "convert", "-f", "raw", "-O"));
    command.add(format);
    command.addAll(List.of(options));
    command.add(raw.toString());
    command.add(target.toString());
    succeed(command.toArray(String[]::new));
    return target;
  }
}
