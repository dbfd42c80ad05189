package io.platen.support;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A Debian with systemd and libvirt that boots under an emulating QEMU, for packages to be
 * installed. Everything in it takes ten to twenty times as long as here.
 */
public final class PackageGuest implements AutoCloseable {
  private static final Path SCRIPT = Path.of("src", "test", "scripts", "package-guest.sh");
  private static final Duration BOOT = Duration.ofMinutes(10);

  private final Path made;
  private final Path directory;
  private final int port = Ports.free();
  private final int tunnelPort = Ports.free();
  private @Nullable Process qemu;
  private @Nullable Process tunnel;

  private PackageGuest(Path made, Path directory) throws IOException {
    this.made = made;
    this.directory = directory;
  }

  /**
   * Makes one, or takes the one that is in the directory that {@code platen.packageGuest} names,
   * and boots it. What is written to its disk goes to a file of its own.
   */
  public static PackageGuest boot(Path directory) throws Exception {
    Files.createDirectories(directory);
    String kept = System.getProperty("platen.packageGuest", "");
    Path made = kept.isEmpty() ? directory : Path.of(kept).toAbsolutePath();
    if (!Files.exists(made.resolve("disk.raw"))) {
      made(directory, "bash", SCRIPT.toAbsolutePath().toString(), made.toString());
    }
    var guest = new PackageGuest(made, directory);
    Program.succeed(
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-F",
        "raw",
        "-b",
        made.resolve("disk.raw").toString(),
        guest.file("disk.qcow2"));
    guest.bootAgain();
    return guest;
  }

  /** Runs a program that takes minutes. */
  private static void made(Path directory, String... command) throws Exception {
    Files.createDirectories(directory);
    Path log = directory.resolve("made.log");
    var process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    if (!process.waitFor(20, TimeUnit.MINUTES) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException(Files.readString(log));
    }
  }

  /** Boots it, when it is off. */
  public void bootAgain() throws Exception {
    // One processor: two that wait for each other take longer where the host is busy.
    var command =
        new ArrayList<>(List.of("qemu-system-x86_64", "-accel", "tcg,thread=single,tb-size=1024"));
    command.addAll(List.of("-cpu", "max", "-smp", "1", "-m", "3072", "-nographic", "-no-reboot"));
    command.addAll(List.of("-kernel", made.resolve("vmlinuz").toString()));
    command.addAll(List.of("-initrd", made.resolve("initrd").toString()));
    command.addAll(List.of("-append", "root=/dev/vda console=ttyS0 quiet mitigations=off"));
    command.addAll(
        List.of("-drive", "format=qcow2,if=virtio,cache=unsafe,file=" + file("disk.qcow2")));
    // Nothing in it reaches another host.
    command.addAll(
        List.of(
            "-netdev",
            "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:%d-:22".formatted(port),
            "-device",
            "virtio-net-pci,netdev=net",
            "-device",
            "virtio-rng-pci"));
    var started =
        new ProcessBuilder(command)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("console.log").toFile())
            .start();
    qemu = started;
    Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly));
    Awaitility.await("the guest to boot; see " + file("console.log"))
        .atMost(BOOT)
        .pollInterval(Duration.ofSeconds(2))
        .until(() -> run(Duration.ofSeconds(60), "true").status() == 0);
  }

  private String file(String name) {
    return directory.resolve(name).toString();
  }

  private List<String> ssh(String program, String portOption) {
    return new ArrayList<>(
        List.of(
            program,
            portOption,
            Integer.toString(port),
            "-i",
            made.resolve("key").toString(),
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
            "-o",
            "LogLevel=ERROR",
            "-o",
            "ConnectTimeout=30"));
  }

  /** Runs a script in it, as root. */
  public Program.Ended run(Duration limit, String script) throws Exception {
    var command = ssh("ssh", "-p");
    command.addAll(List.of("root@127.0.0.1", script));
    Path out = Files.createTempFile(directory, "run", ".out");
    Path err = Files.createTempFile(directory, "run", ".err");
    var process =
        new ProcessBuilder(command)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(
          "%s does not end: %s%s".formatted(script, Files.readString(out), Files.readString(err)));
    }
    return new Program.Ended(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  /** Runs a script in it that has to succeed, and returns what it wrote to stdout. */
  public String succeed(Duration limit, String script) throws Exception {
    var ended = run(limit, script);
    if (ended.status() != 0) {
      throw new IOException(
          "%s: status %d: %s%s".formatted(script, ended.status(), ended.out(), ended.err()));
    }
    return ended.out().strip();
  }

  /** Its loopback's port 8080, as an address here; valid until it is off. */
  public URI platen() throws Exception {
    var running = tunnel;
    if (running == null || !running.isAlive()) {
      var command = ssh("ssh", "-p");
      command.addAll(List.of("-N", "-o", "ExitOnForwardFailure=yes"));
      command.addAll(List.of("-L", "127.0.0.1:%d:127.0.0.1:8080".formatted(tunnelPort)));
      command.add("root@127.0.0.1");
      var started =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("tunnel.log").toFile())
              .start();
      tunnel = started;
      Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly));
      Awaitility.await("the way to its port; see " + file("tunnel.log"))
          .atMost(Duration.ofMinutes(2))
          .ignoreExceptions()
          .until(
              () -> {
                new Socket(InetAddress.getLoopbackAddress(), tunnelPort).close();
                return true;
              });
    }
    return URI.create("http://127.0.0.1:" + tunnelPort);
  }

  /** Copies a file into root's home. */
  public void copy(Path file) throws Exception {
    var command = ssh("scp", "-P");
    command.addAll(List.of("-q", file.toString(), "root@127.0.0.1:/root/"));
    made(directory, command.toArray(String[]::new));
  }

  /** Waits until it is off, as after a reboot that it began itself. */
  public void awaitOff() throws Exception {
    end(tunnel);
    var running = qemu;
    if (running != null && !running.waitFor(BOOT.toSeconds(), TimeUnit.SECONDS)) {
      throw new IOException("the guest does not end; see " + file("console.log"));
    }
  }

  @Override
  public void close() {
    end(tunnel);
    end(qemu);
  }

  private static void end(@Nullable Process process) {
    if (process != null) {
      process.destroyForcibly().onExit().join();
    }
  }
}
