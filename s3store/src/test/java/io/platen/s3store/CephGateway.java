package io.platen.s3store;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A real Ceph gateway, one for all tests of this process; it ends with it. */
public final class CephGateway {
  /** From the directory of any module. */
  private static final Path SCRIPT = Path.of("../s3store/src/test/rgw").toAbsolutePath();

  private static final Map<String, String> SERVER = start();

  private CephGateway() {}

  private static Map<String, String> start() {
    try {
      Path directory = Files.createTempDirectory("rgw");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(directory)));
      return run("start", directory)
          .lines()
          .map(line -> line.split("=", 2))
          .collect(Collectors.toMap(line -> line[0], line -> line[1]));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void stop(Path directory) {
    try {
      run("stop", directory);
      Files.delete(directory);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String run(String command, Path directory) throws IOException {
    Path said = Files.createTempFile("rgw", ".err");
    Process process =
        new ProcessBuilder(SCRIPT.toString(), command, directory.toString())
            .redirectError(said.toFile())
            .start();
    try {
      String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
        throw new IOException("rgw " + command + ": " + Files.readString(said));
      }
      return answer;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    } finally {
      process.destroyForcibly();
      Files.delete(said);
    }
  }

  private static String of(String key) {
    String value = SERVER.get(key);
    if (value == null) {
      throw new IllegalStateException("rgw did not say its " + key);
    }
    return value;
  }

  /** A place of its own. */
  public static S3Location location() {
    return new S3Location(
        URI.create(of("endpoint")),
        of("bucket"),
        "test/" + UUID.randomUUID(),
        "us-east-1",
        new S3Location.Credentials(of("access_key"), of("secret_key")),
        null);
  }
}
