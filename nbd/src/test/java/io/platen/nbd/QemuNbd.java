package io.platen.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real qemu-nbd on a socket in its own directory, and the tools to make images for it. */
final class QemuNbd implements Closeable {
  private final Path directory;
  private final ProcessHandle process;

  private QemuNbd(Path directory, ProcessHandle process) {
    this.directory = directory;
    this.process = process;
  }

  /** Serves an image the way Platen does. */
  static QemuNbd serve(String format, Path image) throws Exception {
    return start("--format=" + format, image.toString());
  }

  /**
   * Starts with the options that every test wants and these. It forks when its socket listens, so
   * there is nothing to wait for.
   */
  static QemuNbd start(String... options) throws Exception {
    Path directory = Files.createTempDirectory("qemu-nbd");
    List<String> command =
        new ArrayList<>(
            List.of(
                "qemu-nbd",
                "--fork",
                "--pid-file=" + directory.resolve("pid"),
                "--socket=" + directory.resolve("s"),
                "--read-only",
                "--persistent",
                "--shared=8",
                "--allocation-depth"));
    command.addAll(List.of(options));
    run(command.toArray(String[]::new));
    long pid = Long.parseLong(Files.readString(directory.resolve("pid")).strip());
    return new QemuNbd(directory, ProcessHandle.of(pid).orElseThrow());
  }

  /** Runs a tool to its end, which must be a good one and come within a minute. */
  static void run(String... command) throws Exception {
    Path output = Files.createTempFile("output", ".txt");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(List.of(command) + " did not end");
      }
      if (process.exitValue() != 0) {
        throw new IOException(List.of(command) + " failed: " + Files.readString(output));
      }
    } finally {
      Files.delete(output);
    }
  }

  /** qemu-io with one {@code -c} for each command. */
  static void io(String format, Path image, String... commands) throws Exception {
    List<String> line = new ArrayList<>(List.of("qemu-io", "-f", format));
    for (String command : commands) {
      line.add("-c");
      line.add(command);
    }
    line.add(image.toString());
    run(line.toArray(String[]::new));
  }

  Path socket() {
    return directory.resolve("s");
  }

  NbdConnection connect() throws NbdException {
    return NbdConnection.connect(socket(), NbdOptions.defaults());
  }

  void signal(String name) throws Exception {
    run("kill", "-" + name, Long.toString(process.pid()));
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    // Not our child, so its end can't be waited for well; a killed process makes no more files.
    Files.deleteIfExists(directory.resolve("pid"));
    Files.deleteIfExists(socket());
    Files.delete(directory);
  }
}
