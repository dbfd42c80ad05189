package io.platen.identity;

import io.platen.disk.ChildProcess;
import io.platen.disk.Command;
import io.platen.disk.Disk;
import io.platen.disk.Limits;
import io.platen.disk.Program;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * Gives the Linux on a machine's new disk an identity of its own: machine-id, host name, SSH host
 * keys, and no seed of randomness that another machine has too. Where that can't be done, it is
 * said, and the machine starts as it is: cloud-init does most of it as well.
 */
public final class NewIdentity {
  private static final Logger LOG = Logger.getLogger(NewIdentity.class);
  private static final Program KEYGEN =
      new Program("ssh-keygen", "openssh-client", "Fedora, RHEL and Arch: openssh");
  private static final Pattern HOST_KEY = Pattern.compile("ssh_host_(rsa|ecdsa|ed25519)_key");

  /** A key of RSA takes a second; a busy host has more to do. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static final String DONE = "identity";
  private static final String READABLE = "644";
  private static final String SECRET = "600";

  private final Path mounts;

  /**
   * With a directory for partitions that are open.
   *
   * @param mounts for this user alone
   */
  public NewIdentity(Path mounts) {
    this.mounts = mounts;
  }

  /** What it is done with. */
  public static List<Program> programs() {
    return List.of(OpenPartition.DAEMON, Partition.SFDISK, Ext4.E2FSCK, Ext4.DEBUGFS, KEYGEN);
  }

  /**
   * Gives it, if that has not been done to this disk before. To be called while nobody has the disk
   * open.
   *
   * @param name the machine's name, from which that of the host is made
   */
  public void give(String machineId, String name, Disk.Machine disk)
      throws IOException, InterruptedException {
    Path directory = Path.of(String.valueOf(disk.path().getParent()));
    Path done = directory.resolve(DONE);
    if (Files.exists(done)) {
      return;
    }
    String what;
    try {
      what = given(machineId, Hostname.of(name, machineId), disk);
      LOG.infof("%s has an identity of its own: %s", machineId, what);
    } catch (IOException e) {
      what = "unchanged: " + e.getMessage();
      LOG.warnf(
          "the disk of %s keeps the identity of the machine it was captured from: %s",
          machineId, e.getMessage());
    }
    Files.writeString(done, what + "\n");
  }

  private String given(String machineId, String hostname, Disk.Machine disk)
      throws IOException, InterruptedException {
    for (var partition : Partition.of(disk.base())) {
      try (var open =
          OpenPartition.open(disk, partition, mounts.resolve("identity-" + machineId))) {
        if (Ext4.isAt(open.file())) {
          var changes = change(open.file(), hostname);
          if (!changes.isEmpty()) {
            return String.join(", ", changes);
          }
        }
      }
    }
    throw new IOException(
        "it has no ext4 file system with /etc in it; virt-sysprep can change others");
  }

  /** What was changed; nothing in a file system that is not that of a system. */
  private static List<String> change(Path fileSystem, String hostname)
      throws IOException, InterruptedException {
    Path work = Files.createTempDirectory("platen-identity");
    try {
      var ext4 = new Ext4(fileSystem, work);
      ext4.recover();
      var etc = ext4.entries("/etc");
      var changes = new ArrayList<String>();
      if (etc.isEmpty()) {
        return changes;
      }
      machineId(ext4, changes);
      hostname(ext4, hostname, changes);
      hostKeys(ext4, hostname, work, changes);
      if (ext4.text("/var/lib/systemd", "random-seed").isPresent()) {
        ext4.remove("/var/lib/systemd", "random-seed");
        changes.add("random seed removed");
      }
      ext4.apply();
      String now = ext4.text("/etc", "hostname").orElse("").strip();
      if (!now.equals(hostname)) {
        throw new IOException("debugfs did not change it");
      }
      return changes;
    } finally {
      remove(work);
    }
  }

  private static void machineId(Ext4 ext4, List<String> changes)
      throws IOException, InterruptedException {
    byte[] id =
        (UUID.randomUUID().toString().replace("-", "") + "\n").getBytes(StandardCharsets.US_ASCII);
    for (var directory : List.of("/etc", "/var/lib/dbus")) {
      // In the second it mostly is a link to the first.
      if (ext4.text(directory, "machine-id").isPresent()) {
        ext4.write(directory, "machine-id", id, "444");
        changes.add(directory + "/machine-id");
      }
    }
  }

  private static void hostname(Ext4 ext4, String hostname, List<String> changes)
      throws IOException, InterruptedException {
    String before = ext4.text("/etc", "hostname").orElse("").strip();
    ext4.write("/etc", "hostname", (hostname + "\n").getBytes(StandardCharsets.US_ASCII), READABLE);
    changes.add("host name " + hostname);
    var hosts = ext4.text("/etc", "hosts");
    if (!before.isEmpty() && hosts.isPresent()) {
      String after =
          hosts
              .get()
              .replaceAll("(?m)(?<=[ \\t])" + Pattern.quote(before) + "(?=[ \\t.]|$)", hostname);
      ext4.write("/etc", "hosts", after.getBytes(StandardCharsets.UTF_8), READABLE);
    }
  }

  private static void hostKeys(Ext4 ext4, String hostname, Path work, List<String> changes)
      throws IOException, InterruptedException {
    for (var entry : ext4.entries("/etc/ssh")) {
      var key = HOST_KEY.matcher(entry.name());
      if (entry.isRegular() && key.matches()) {
        Path file = work.resolve(entry.name());
        ChildProcess.run(
            new Command(
                KEYGEN,
                List.of(
                    "-q", "-t", key.group(1), "-N", "", "-C", "root@" + hostname, "-f", file + ""),
                new Limits(4L << 30, LIMIT, 1 << 20),
                0),
            LIMIT);
        Path open = Path.of(file + ".pub");
        ext4.write("/etc/ssh", entry.name(), Files.readAllBytes(file), SECRET);
        ext4.write("/etc/ssh", entry.name() + ".pub", Files.readAllBytes(open), READABLE);
        changes.add("SSH host key " + key.group(1));
      }
    }
  }

  private static void remove(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      for (var file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
