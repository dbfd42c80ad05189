package io.platen.identity;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.platen.linux.OwnerOnly;
import io.platen.process.ChildProcess;
import io.platen.process.Command;
import io.platen.process.Limits;
import io.platen.process.Program;
import io.platen.process.ToolMissing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A disc from which cloud-init learns a machine's identity and what it is to run (its data source
 * NoCloud): an instance of its own, for which cloud-init does everything anew. Systems without
 * cloud-init take no notice.
 */
public final class Seed {
  private static final Logger LOG = Logger.getLogger(Seed.class);

  /** Makes the disc. */
  public static final Program XORRISO =
      new Program("xorrisofs", "xorriso", "Fedora and RHEL: xorriso; Arch: libisoburn");

  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration LIMIT = ChildProcess.BRIEF;
  private static final long LARGEST = 16L << 20;

  private Seed() {}

  static String metaData(String machineId, String name) throws IOException {
    return "instance-id: %s\nlocal-hostname: %s\n"
        .formatted(quoted(machineId), quoted(Hostname.of(name, machineId)));
  }

  /**
   * The network in cloud-init's format 2. Cards get names, since some systems know them by name
   * only.
   */
  static String networkConfig(Map<String, String> cards) throws IOException {
    var text = new StringBuilder("version: 2\nethernets:\n");
    for (var card : cards.entrySet()) {
      text.append("  %s:\n".formatted(card.getValue()))
          .append("    match: {macaddress: %s}\n".formatted(quoted(card.getKey())))
          .append("    set-name: %s\n    dhcp4: true\n".formatted(card.getValue()));
    }
    return text.toString();
  }

  /**
   * A value of YAML that is a text whatever it looks like: 123 would be a number, and "no" false.
   * Strings of JSON are strings of YAML.
   */
  private static String quoted(String value) throws IOException {
    return JSON.writeValueAsString(value);
  }

  /**
   * Makes it.
   *
   * @param directory the machine's
   * @param cards the names of its network cards by MAC address, where it has several; each is to
   *     take an address by DHCP. Empty where the system finds its one card by itself
   * @return the disc; none where the program that makes it is missing, and there is no script
   * @throws ToolMissing where it is missing, and there is a script
   */
  public static Optional<Path> make(
      Path directory,
      String machineId,
      String name,
      Map<String, String> cards,
      @Nullable BootScript script)
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
    Path network = directory.resolve("network-config");
    Path disc = directory.resolve("seed.iso");
    Path made = directory.resolve("seed.new");
    try {
      // Scripts hold secrets; libvirt lets QEMU read the disc.
      OwnerOnly.write(meta, metaData(machineId, name));
      OwnerOnly.write(user, BootScript.userData(script));
      OwnerOnly.write(made, "");
      var files = new ArrayList<>(List.of(meta.toString(), user.toString()));
      if (!cards.isEmpty()) {
        OwnerOnly.write(network, networkConfig(cards));
        files.add(network.toString());
      }
      ChildProcess.run(
          new Command(
              XORRISO,
              Stream.concat(
                      Stream.of(
                          "-quiet",
                          "-output",
                          made.toString(),
                          "-volid",
                          "cidata",
                          "-joliet",
                          "-rock"),
                      files.stream())
                  .toList(),
              new Limits(4L << 30, LIMIT, LARGEST),
              0),
          LIMIT);
    } finally {
      Files.deleteIfExists(meta);
      Files.deleteIfExists(user);
      Files.deleteIfExists(network);
    }
    Files.move(made, disc, StandardCopyOption.ATOMIC_MOVE);
    return Optional.of(disc);
  }
}
