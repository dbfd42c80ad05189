package io.platen.powercut;

import io.platen.support.Program;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;

/** The library of the store with a mistake in it. */
final class Planted {
  private static final Path SOURCE =
      Path.of("..", "chunkstore", "src", "main", "java", "io", "platen", "chunkstore");
  private static final Path CLASSES = Path.of("..", "chunkstore", "target", "classes");
  private static final String SYNC =
      "Calls.check(root, \"syncfs\", state -> (int) Calls.SYNCFS.invokeExact(state, descriptor));";

  private Planted() {}

  /** The library as the packaged application has it. */
  static Path original() throws IOException {
    try (Stream<Path> jars = Files.list(Path.of("target", "quarkus-app", "lib", "main"))) {
      return jars.filter(jar -> jar.getFileName().toString().contains("platen-chunkstore"))
          .findFirst()
          .orElseThrow()
          .toAbsolutePath();
    }
  }

  /**
   * A copy of it in which the bytes of chunks are not brought to the disk before they are named.
   */
  static Path withoutSync(Path directory) throws Exception {
    String source = Files.readString(SOURCE.resolve("SyncFileSystem.java"));
    if (!source.contains(SYNC)) {
      throw new IllegalStateException("SyncFileSystem no longer has: " + SYNC);
    }
    Path changed =
        Files.writeString(
            Files.createDirectory(directory.resolve("planted")).resolve("SyncFileSystem.java"),
            source.replace(SYNC, ""));
    Program.succeed(
        Path.of(System.getProperty("java.home"), "bin", "javac").toString(),
        "-cp",
        CLASSES.toString(),
        "-d",
        directory.resolve("planted").toString(),
        changed.toString());
    Path jar = Files.copy(original(), directory.resolve("planted.jar"));
    Path compiled = directory.resolve("planted").resolve("io/platen/chunkstore");
    try (var archive = FileSystems.newFileSystem(jar);
        Stream<Path> classes = Files.list(compiled)) {
      for (Path each : classes.toList()) {
        Files.copy(
            each,
            archive.getPath("io", "platen", "chunkstore", each.getFileName().toString()),
            StandardCopyOption.REPLACE_EXISTING);
      }
    }
    return jar;
  }
}
