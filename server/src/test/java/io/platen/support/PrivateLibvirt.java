package io.platen.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

/** A libvirt of these tests' own, with its guests; all of it ends when this is closed. */
public final class PrivateLibvirt implements AutoCloseable {
  private static final Path SCRIPT = Path.of("src", "test", "scripts", "private-libvirt.sh");

  private final Path directory;
  private final Process process;

  private PrivateLibvirt(Path directory, Process process) {
    this.directory = directory;
    this.process = process;
  }

  /** Starts it; it answers when this returns. */
  public static PrivateLibvirt start(Path directory) throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        Program.succeed("id", "-u").strip().equals("0"),
        "libvirt, its networks and loop devices need root");
    Files.createDirectories(directory);
    Path log = directory.resolve("script.log");
    var process =
        new ProcessBuilder(SCRIPT.toAbsolutePath().toString(), directory.toString())
            .redirectOutput(log.toFile())
            .redirectErrorStream(true)
            .start();
    var started = new PrivateLibvirt(directory, process);
    Awaitility.await("libvirt to answer; see " + directory)
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> started.tried("version").status() == 0);
    return started;
  }

  public String uri() {
    return "qemu+unix:///system?socket=" + directory.resolve("libvirt-sock");
  }

  public Program.Ended tried(String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of("virsh", "--quiet", "--connect", uri()));
    command.addAll(List.of(arguments));
    return Program.run(command);
  }

  public String virsh(String... arguments) throws IOException, InterruptedException {
    var ended = tried(arguments);
    if (ended.status() != 0) {
      throw new IOException(
          "virsh %s: %s%nand libvirtd: %s"
              .formatted(
                  String.join(" ", arguments),
                  ended.err(),
                  Files.readString(directory.resolve("libvirtd.log"))));
    }
    return ended.out().strip();
  }

  /** The process of libvirtd itself, as this host numbers it. */
  private ProcessHandle daemon() {
    // Its pid file has the number that it has in its own namespace.
    String pidFile = directory.resolve("libvirtd.pid").toString();
    return ProcessHandle.allProcesses()
        .filter(some -> some.info().commandLine().orElse("").contains(pidFile))
        .filter(some -> some.info().command().orElse("").endsWith("/libvirtd"))
        .findFirst()
        .orElseThrow();
  }

  /** Has it hang, until it goes on; guests run meanwhile. */
  public void hang() throws IOException, InterruptedException {
    Program.succeed("kill", "-STOP", Long.toString(daemon().pid()));
  }

  public void goOn() throws IOException, InterruptedException {
    Program.succeed("kill", "-CONT", Long.toString(daemon().pid()));
  }

  /** Nobody reaches it, until it is shown again; guests run meanwhile. */
  public void hide() throws IOException {
    Files.move(directory.resolve("libvirt-sock"), directory.resolve("hidden"));
  }

  public void show() throws IOException {
    Files.move(directory.resolve("hidden"), directory.resolve("libvirt-sock"));
  }

  /** The names of all domains. */
  public String domains() throws IOException, InterruptedException {
    return virsh("list", "--all", "--name");
  }

  /** The state of a domain, such as "running". */
  public String state(String domain) throws IOException, InterruptedException {
    return virsh("domstate", domain);
  }

  /** Writes as the guest of a domain would, to its first disk. */
  public void guestWrites(String domain, int pattern, String where)
      throws IOException, InterruptedException {
    String device = "/machine/peripheral/virtio-disk0/virtio-backend";
    for (var action : new String[] {"\"write -P %d %s\"".formatted(pattern, where), "flush"}) {
      String said =
          virsh(
              "qemu-monitor-command",
              domain,
              "--hmp",
              "qemu-io -d %s %s".formatted(device, action));
      if (said.contains("rror")) {
        throw new IOException(said);
      }
    }
  }

  /** Whether a guest answers its host. */
  public boolean reaches(String address) throws IOException, InterruptedException {
    return inside("busybox", "ping", "-c", "1", "-W", "5", address).status() == 0;
  }

  /** Runs a program in the network that this libvirt has for its host's. */
  public Program.Ended inside(String... command) throws IOException, InterruptedException {
    // The script itself is in it.
    var all =
        new ArrayList<>(List.of("nsenter", "--net", "--target", Long.toString(process.pid())));
    all.addAll(List.of(command));
    return Program.run(all);
  }

  /** Runs a program that sees, and makes, the mounts that this libvirt and its guests have. */
  public void withMounts(String... command) throws IOException, InterruptedException {
    var all =
        new ArrayList<>(List.of("nsenter", "--mount", "--target", Long.toString(process.pid())));
    all.addAll(List.of(command));
    Program.succeed(all.toArray(String[]::new));
  }

  /**
   * The configuration of a server that uses it.
   *
   * @param more lines
   */
  public Path config(Path file, String... more) throws IOException {
    return Files.writeString(
        file,
        """
        hypervisor: libvirt
        libvirtUri: "%s"
        stopTimeoutSeconds: 8
        libvirtTimeoutSeconds: 10
        %s
        """
            .formatted(uri(), String.join("\n", more)));
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    process.onExit().join();
  }
}
