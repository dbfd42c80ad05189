package io.platen.identity;

import io.platen.disk.ChildProcess;
import io.platen.disk.Command;
import io.platen.disk.Limits;
import io.platen.disk.Program;
import io.platen.disk.ToolMissing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A disc that tells cloud-init who a machine is and what it is to run (its data source NoCloud): an
 * instance of its own, for which cloud-init does everything anew. Systems without cloud-init take
 * no notice.
 */
public final class Seed {
  private static final Logger LOG = Logger.getLogger(Seed.class);

  /** Makes the disc. */
  public static final Program XORRISO =
      new Program("xorrisofs", "xorriso", "Fedora and RHEL: xorriso; Arch: libisoburn");

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final long LARGEST = 16L << 20;

  private Seed() {}

  /**
   * Makes it.
   *
   * @param directory the machine's
   * @return the disc; none where the program that makes it is missing, and there is no script
   * @throws ToolMissing where it is missing, and there is a script
   */
  public static Optional<Path> make(
      Path directory, String machineId, String name, @Nullable BootScript script)
      throws IOException, InterruptedException {
    try {
      XORRISO.find();
    } catch (ToolMissing e) {
      if (script != null) {
        throw e;
      }
      LOG.warnf("%s starts without a seed for cloud-init: %s", machineId, e.getMessage());
      return Optional.empty();
    }
    Path meta = directory.resolve("meta-data");
    Path user = directory.resolve("user-data");
    Path disc = directory.resolve("seed.iso");
    Path made = directory.resolve("seed.new");
    try {
      write(
          meta,
          "instance-id: %s\nlocal-hostname: %s\n"
              .formatted(machineId, Hostname.of(name, machineId)));
      write(user, BootScript.userData(script));
      write(made, "");
      ChildProcess.run(
          new Command(
              XORRISO,
              List.of(
                  "-quiet",
                  "-output",
                  made.toString(),
                  "-volid",
                  "cidata",
                  "-joliet",
                  "-rock",
                  meta.toString(),
                  user.toString()),
              new Limits(4L << 30, LIMIT, LARGEST),
              0),
          LIMIT);
    } finally {
      Files.deleteIfExists(meta);
      Files.deleteIfExists(user);
    }
    Files.move(made, disc, StandardCopyOption.ATOMIC_MOVE);
    return Optional.of(disc);
  }

  /** For this user alone, since scripts hold secrets; libvirt lets QEMU read the disc. */
  private static void write(Path file, String text) throws IOException {
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, text);
  }
}
