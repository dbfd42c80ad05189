package io.platen.disk;

import io.platen.process.ChildProcess;
import io.platen.process.Command;
import io.platen.process.Limits;
import io.platen.process.Program;
import io.platen.process.RunDirectory;
import io.platen.process.ToolFailed;
import java.io.Closeable;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A disk, served read-only over NBD by a {@code qemu-nbd} process on a private unix socket, under
 * the empty export name, with the metadata contexts {@code base:allocation} and {@code
 * qemu:allocation-depth}.
 *
 * <p>The disk can't change while it is open: QEMU's locks keep writers out, and a writer that is
 * there already makes opening fail ({@link DiskLocked}). The server can't change it either: it runs
 * with a file size limit of zero.
 */
public final class QemuNbd implements Closeable {
  /** How long qemu-nbd may take until it listens; 30 ms here, but storage may be slow. */
  private static final Duration START_LIMIT = ChildProcess.BRIEF;

  /** How often it is looked whether it listens. */
  private static final Duration LOOK = Duration.ofMillis(2);

  /** How long a server that closed a connection may take to end. */
  private static final Duration ENDING = Duration.ofSeconds(5);

  private final Path socket;
  private final OpenDisk disk;
  private final ChildProcess server;

  private QemuNbd(Path socket, OpenDisk disk, ChildProcess server) {
    this.socket = socket;
    this.disk = disk;
    this.server = server;
  }

  /**
   * Serves a disk. Returns once qemu-nbd has opened it, and nothing else. The disk has to stay open
   * until this is closed, and is not closed with it.
   *
   * @param connections how many clients may be connected at the same time
   * @throws DiskLocked if another process has the disk open for writing
   * @throws DiskChanged if a file is not the one that was checked
   * @throws ToolFailed if qemu-nbd fails otherwise
   */
  public static QemuNbd open(OpenDisk disk, RunDirectory run, int connections)
      throws IOException, InterruptedException {
    if (connections < 1) {
      throw new IllegalArgumentException("at least one connection");
    }
    Path socket = run.newSocket();
    long size = disk.header().exportedSize();
    ChildProcess server = ChildProcess.start(command(disk, socket, connections));
    try {
      awaitReady(server, socket, disk, size);
      disk.checkOpenedBy(server);
      return new QemuNbd(socket, disk, server);
    } catch (Throwable e) {
      end(server, socket, e);
      throw e;
    }
  }

  private static void end(ChildProcess server, Path socket, Throwable reason) {
    try {
      server.kill();
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      reason.addSuppressed(e);
    }
  }

  private static Command command(OpenDisk disk, Path socket, int connections) throws IOException {
    List<String> arguments =
        List.of(
            "--read-only",
            "--persistent", // serves on when the last client goes
            "--shared=" + connections,
            "--allocation-depth",
            "--description=" + disk.disk().path(), // for people who list processes
            "--socket=" + socket,
            BlockNode.of(disk));
    return new Command(Program.QEMU_NBD, arguments, Limits.reading(disk.size()), 0);
  }

  /** Returns once the server has opened the disk; its early end is noticed at once. */
  private static void awaitReady(ChildProcess server, Path socket, OpenDisk disk, long size)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + START_LIMIT.toNanos();
    OptionalLong served = OptionalLong.empty();
    while (served.isEmpty()) {
      if (server.waitFor(LOOK)) {
        throw openFailed(server, disk);
      }
      if (System.nanoTime() > end) {
        throw tooSlow(server, disk, null);
      }
      if (Files.exists(socket)) {
        served = greet(server, socket, disk, Duration.ofNanos(end - System.nanoTime()));
      }
    }
    if (served.getAsLong() != size) {
      throw new ToolFailed(
          Program.QEMU_NBD.name(),
          "serves "
              + served.getAsLong()
              + " bytes of "
              + disk.disk().path()
              + " where its header says "
              + size,
          server.stderr(),
          "check that nothing changes the disk, and try again");
    }
  }

  /** The size the server serves; empty if it does not listen yet. */
  private static OptionalLong greet(ChildProcess server, Path socket, OpenDisk disk, Duration limit)
      throws IOException, InterruptedException {
    try {
      return OptionalLong.of(NbdGreeting.exportSize(socket, limit));
    } catch (ConnectException e) {
      return OptionalLong.empty(); // the socket is bound, and about to listen
    } catch (IOException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      if (server.waitFor(ENDING)) {
        throw openFailed(server, disk);
      }
      throw tooSlow(server, disk, e);
    }
  }

  private static ToolFailed tooSlow(ChildProcess server, OpenDisk disk, @Nullable IOException cause)
      throws InterruptedException {
    ToolFailed failure =
        new ToolFailed(
            Program.QEMU_NBD.name(),
            "did not open " + disk.disk().path() + " within " + START_LIMIT.toSeconds() + " s",
            server.stderr(),
            "check the health of the storage the disk is on");
    if (cause != null) {
      failure.addSuppressed(cause);
    }
    return failure;
  }

  private static IOException openFailed(ChildProcess server, OpenDisk disk)
      throws InterruptedException {
    ToolFailed failure = server.failure().with(disk::withPaths);
    String message = failure.stderr();
    IOException typed = failure;
    if (message.contains("lock") && message.contains("Is another process using the image")) {
      typed = new DiskLocked(disk.disk().path());
    } else if (message.contains("Permission denied")) {
      typed =
          new DiskUnreadable(
              disk.disk().path(),
              "may not be read by qemu-nbd",
              "check the permissions, and what AppArmor or SELinux logged",
              failure);
    }
    return typed;
  }

  /** Where to connect. */
  public Path socket() {
    return socket;
  }

  /**
   * The size of the export in bytes, a multiple of 512; a client that sees another must give up.
   */
  public long size() {
    return disk.header().exportedSize();
  }

  /** The id of the server's process. */
  public long pid() {
    return server.pid();
  }

  /**
   * How the server failed if it ended; to be asked when the connection to it is lost. That is
   * noticed before the end of the process is, so this waits a moment for it.
   */
  public Optional<ToolFailed> failure() throws InterruptedException {
    return server.waitFor(ENDING)
        ? Optional.of(server.failure().with(disk::withPaths))
        : Optional.empty();
  }

  /**
   * Ends the server, with its connections, and removes the socket. It is not asked: it only reads,
   * and one that was stopped, or has much to answer, would not hear it.
   */
  @Override
  public void close() throws IOException {
    try {
      server.kill();
    } finally {
      Files.deleteIfExists(socket);
    }
  }
}
