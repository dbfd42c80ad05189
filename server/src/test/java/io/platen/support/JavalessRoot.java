package io.platen.support;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;

/**
 * A root directory with this host's programs, but no Java, in which a package was unpacked. It is
 * mounted for each command that is run in it (bubblewrap).
 */
public final class JavalessRoot {
  private static final Pattern LISTENING = Pattern.compile("listening on (http://\\S+),");

  private final Path files;

  /**
   * Of unpacked files.
   *
   * @param files as they are in the package, with {@code /var/lib/platen}
   */
  public JavalessRoot(Path files) throws Exception {
    Assumptions.assumeTrue(
        Program.succeed("id", "-u").strip().equals("0"), "to become other users needs root");
    this.files = files;
  }

  private List<String> command(String... command) throws IOException {
    var line = new ArrayList<>(List.of("bwrap", "--die-with-parent", "--unshare-pid"));
    line.addAll(List.of("--cap-add", "ALL", "--proc", "/proc", "--dev", "/dev"));
    line.addAll(List.of("--perms", "1777", "--tmpfs", "/tmp"));
    // Those that it makes on the way are closed to other users.
    for (var directory : List.of("/etc", "/usr", "/usr/lib", "/var", "/var/lib", "/var/cache")) {
      line.addAll(List.of("--perms", "0755", "--dir", directory));
    }
    for (var directory : List.of("/bin", "/sbin", "/lib", "/lib64")) {
      line.addAll(List.of("--symlink", "usr" + directory, directory));
    }
    for (var directory : List.of("/usr/bin", "/usr/sbin", "/usr/share", "/usr/lib64")) {
      line.addAll(List.of("--ro-bind", directory, directory));
    }
    for (var file : List.of("/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/hosts")) {
      line.addAll(List.of("--ro-bind", file, file));
    }
    try (var libraries = Files.list(Path.of("/usr/lib"))) {
      for (var library : libraries.filter(path -> !path.endsWith("jvm")).toList()) {
        line.addAll(List.of("--ro-bind", library.toString(), library.toString()));
      }
    }
    for (var own : List.of("/usr/lib/platen", "/etc/platen")) {
      line.addAll(List.of("--ro-bind", files + own, own));
    }
    for (var own : List.of("/var/lib/platen", "/var/cache/platen")) {
      line.addAll(List.of("--bind", files + own, own));
    }
    line.addAll(List.of("--clearenv", "--setenv", "PATH", "/usr/bin:/usr/sbin", "--chdir", "/"));
    line.addAll(List.of(command));
    return line;
  }

  /** Runs a program in it to its end. */
  public Program.Ended run(String... command) throws Exception {
    return Program.run(command(command));
  }

  /** Starts the server that is in it; it listens when this returns. */
  public Served serve() throws Exception {
    var process =
        new ProcessBuilder(
                command("/usr/lib/platen/platen", "serve", "--port=0", "--hypervisor=none"))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    var log = new StringBuilder();
    BufferedReader lines = process.errorReader();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      log.append(line).append('\n');
      var found = LISTENING.matcher(line);
      if (found.find()) {
        // What it writes later must not fill the pipe.
        Thread.ofPlatform().daemon().start(() -> lines.lines().forEach(_ -> {}));
        return new Served(process, found.group(1));
      }
    }
    throw new IOException("the server ended: " + log);
  }

  /** A server that runs in it. */
  public record Served(Process process, String url) implements AutoCloseable {
    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
    }
  }
}
