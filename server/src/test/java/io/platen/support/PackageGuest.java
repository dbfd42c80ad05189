package io.platen.support;

import java.io.IOException;
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

  private final Path directory;
  private final int port;
  private @Nullable Process qemu;

  private PackageGuest(Path directory, int port) {
    this.directory = directory;
    this.port = port;
  }

  /** Makes one and boots it. */
  public static PackageGuest boot(Path directory) throws Exception {
    made(directory, "bash", SCRIPT.toAbsolutePath().toString(), directory.toString());
    int port;
    try (var free = new java.net.ServerSocket(0)) {
      port = free.getLocalPort();
    }
    var guest = new PackageGuest(directory, port);
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
    var command = new ArrayList<>(List.of("qemu-system-x86_64", "-accel", "tcg,thread=multi"));
    command.addAll(List.of("-cpu", "max", "-smp", "2", "-m", "3072", "-nographic", "-no-reboot"));
    command.addAll(List.of("-kernel", file("vmlinuz"), "-initrd", file("initrd")));
    command.addAll(List.of("-append", "root=/dev/vda console=ttyS0 quiet"));
    command.addAll(List.of("-drive", "format=raw,if=virtio,cache=unsafe,file=" + file("disk.raw")));
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
            file("key"),
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

  /** Copies a file into root's home. */
  public void copy(Path file) throws Exception {
    var command = ssh("scp", "-P");
    command.addAll(List.of("-q", file.toString(), "root@127.0.0.1:/root/"));
    made(directory, command.toArray(String[]::new));
  }

  /** Waits until it is off, as after a reboot that it began itself. */
  public void awaitOff() throws Exception {
    var running = qemu;
    if (running != null && !running.waitFor(BOOT.toSeconds(), TimeUnit.SECONDS)) {
      throw new IOException("the guest does not end; see " + file("console.log"));
    }
  }

  @Override
  public void close() {
    var running = qemu;
    if (running != null) {
      running.destroyForcibly().onExit().join();
    }
  }
}
