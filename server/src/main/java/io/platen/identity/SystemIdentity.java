package io.platen.identity;

import io.platen.process.Command;
import io.platen.process.Limits;
import io.platen.process.Program;
import io.platen.process.TimedWork;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;

/** What a Linux believes of itself: its machine-id, host name and SSH host keys, on its disk. */
final class SystemIdentity {
  static final Program KEYGEN =
      new Program("ssh-keygen", "openssh-client", "Fedora, RHEL and Arch: openssh");
  private static final Pattern HOST_KEY = Pattern.compile("ssh_host_(rsa|ecdsa|ed25519)_key");
  private static final Limits KEYGEN_LIMITS = new Limits(4L << 30, Duration.ofSeconds(60), 1 << 20);

  private static final String READABLE = "644";
  private static final String SECRET = "600";

  private final Ext4 ext4;
  private final String hostname;
  private final Path keys;
  private final TimedWork work;

  /**
   * Of the system in a file system.
   *
   * @param hostname that it is to have
   * @param keys a directory for new keys, for this user alone
   */
  SystemIdentity(Ext4 ext4, String hostname, Path keys, TimedWork work) {
    this.ext4 = ext4;
    this.hostname = hostname;
    this.keys = keys;
    this.work = work;
  }

  /**
   * Gives it a new one; what was changed: nothing in a file system that is not that of a system.
   */
  List<String> renew() throws IOException, InterruptedException {
    ext4.recover();
    var changes = new ArrayList<String>();
    if (ext4.entries("/etc").isEmpty()) {
      return changes;
    }
    machineId(changes);
    hostname(changes);
    hostKeys(changes);
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
  }

  private void machineId(List<String> changes) throws IOException, InterruptedException {
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

  private void hostname(List<String> changes) throws IOException, InterruptedException {
    String before = ext4.text("/etc", "hostname").orElse("").strip();
    ext4.write("/etc", "hostname", (hostname + "\n").getBytes(StandardCharsets.US_ASCII), READABLE);
    changes.add("host name " + hostname);
    var hosts = ext4.text("/etc", "hosts");
    if (!before.isEmpty() && hosts.isPresent()) {
      String after =
          hosts
              .get()
              .replaceAll("(?m)(?<=[ \\t])" + Pattern.quote(before) + "(?=[ \\t.]|$)", hostname);
      ext4.write("/etc", "hosts", after.getBytes(Ext4.BYTES), READABLE);
    }
  }

  private void hostKeys(List<String> changes) throws IOException, InterruptedException {
    for (var entry : ext4.entries("/etc/ssh")) {
      var key = HOST_KEY.matcher(entry.name());
      if (entry.isRegular() && key.matches()) {
        Path file = keys.resolve(entry.name());
        byte[] _ = work.run(keygen(key.group(1), file));
        Path open = Path.of(file + ".pub");
        ext4.write("/etc/ssh", entry.name(), Files.readAllBytes(file), SECRET);
        ext4.write("/etc/ssh", entry.name() + ".pub", Files.readAllBytes(open), READABLE);
        changes.add("SSH host key " + key.group(1));
      }
    }
  }

  private Command keygen(String type, Path file) {
    return new Command(
        KEYGEN,
        List.of("-q", "-t", type, "-N", "", "-C", "root@" + hostname, "-f", file.toString()),
        KEYGEN_LIMITS,
        0);
  }
}
