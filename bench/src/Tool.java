import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs programs, with their time. One at a time: the processor time is that of all ended children. */
final class Tool {
  private static final double TICKS = 100; // USER_HZ, the same on all Linux since 2.6

  private Tool() {}

  static Sample time(Object... command) throws IOException, InterruptedException {
    return time(Map.of(), command);
  }

  static Sample time(Map<String, String> environment, Object... command)
      throws IOException, InterruptedException {
    double cpu = ofChildren();
    long start = System.nanoTime();
    run(environment, command);
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Sample(seconds, ofChildren() - cpu);
  }

  /** Runs to the end and returns what was written to standard output. */
  static String run(Object... command) throws IOException, InterruptedException {
    return run(Map.of(), command);
  }

  static String run(Map<String, String> environment, Object... command)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>();
    for (Object word : command) {
      words.add(word.toString());
    }
    Path errors = Files.createTempFile("bench", ".err");
    try {
      ProcessBuilder builder = new ProcessBuilder(words).redirectError(errors.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes());
      if (process.waitFor() != 0) {
        throw new IOException(
            words + " failed with " + process.exitValue() + ":\n" + output + Files.readString(errors));
      }
      return output;
    } finally {
      Files.delete(errors);
    }
  }

  /** Processor seconds of this process' ended children. */
  private static double ofChildren() throws IOException {
    String[] fields = stat("self");
    return (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) / TICKS;
  }

  /** Processor seconds of another process, with its ended children. */
  static double of(long pid) throws IOException {
    String[] fields = stat(Long.toString(pid));
    long ticks = 0;
    for (int i = 11; i <= 14; i++) {
      ticks += Long.parseLong(fields[i]);
    }
    return ticks / TICKS;
  }

  /** The fields of /proc/PID/stat behind the name: utime, stime, cutime, cstime are 11 to 14. */
  private static String[] stat(String pid) throws IOException {
    String line = Files.readString(Path.of("/proc", pid, "stat"));
    return line.substring(line.lastIndexOf(')') + 2).split(" ");
  }

  static void delete(Path path) throws IOException, InterruptedException {
    run("rm", "-rf", path);
  }

  /** The bytes of all files below a directory. */
  static long bytes(Path directory) throws IOException {
    long bytes = 0;
    try (var files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }

  /** What they take on the disk: whole blocks, and the directories. */
  static long onDisk(Path directory) throws IOException, InterruptedException {
    return Long.parseLong(run("du", "-s", "-B1", directory).split("\\s")[0]);
  }
}
