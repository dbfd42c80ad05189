package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.platen.disk.Shell;
import io.platen.support.App;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.MachineHost;
import io.platen.support.PrivateLibvirt;
import io.platen.support.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Domains whose disk became another file by snapshots, copies and commits that Platen knows nothing
 * of: what is captured is what the guest has.
 */
class ChangedDomainDiskIT {
  private static final int MIB = 1 << 20;

  private static final String NETWORK =
      """
      <disk type='network' device='disk'><driver type='raw'/>
        <source protocol='nbd' name='x'><host name='h'/></source><target dev='vda'/></disk>
      """;

  private static MachineHost host;
  private static PrivateLibvirt libvirt;
  private static Client client;

  private Path dir = Path.of("");
  private final List<String> domains = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    host = MachineHost.get();
    libvirt = host.libvirt();
    client = host.client();
  }

  @BeforeEach
  void makeADirectory() throws Exception {
    dir = host.directoryOfDisks("changed");
  }

  @AfterEach
  void forgetTheDomains() throws Exception {
    for (String domain : domains) {
      libvirt.tried("destroy", domain);
      libvirt.tried("undefine", domain, "--snapshots-metadata");
    }
  }

  /** A domain with these disks; its guest has nothing to boot, and is never run. */
  private String define(String name, String... disks) throws Exception {
    Path xml =
        Files.writeString(
            dir.resolve(name + ".xml"),
            """
            <domain type='qemu'>
              <name>%s</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
              <os><type arch='x86_64' machine='pc'>hvm</type></os>
              <devices>%s</devices>
            </domain>
            """
                .formatted(name, String.join("", disks)));
    libvirt.virsh("define", xml.toString());
    domains.add(name);
    return name;
  }

  private static String disk(Path file, String format, String target) {
    return """
           <disk type='file' device='disk'><driver name='qemu' type='%s'/>
             <source file='%s'/><target dev='%s' bus='virtio'/></disk>
           """
        .formatted(format, file, target);
  }

  private Path image(String name, String format, int mib) throws Exception {
    Path image = dir.resolve(name);
    Shell.succeed("qemu-img", "create", "-q", "-f", format, image.toString(), mib + "M");
    Shell.succeed(
        "qemu-io", "-f", format, "-c", "write -P 1 0 1M", "-c", "write -P 2 3M 4k", "" + image);
    return image;
  }

  private static void startPaused(String domain) throws Exception {
    libvirt.virsh("start", domain, "--paused");
  }

  private static String adopted(String domain) throws Exception {
    var adopted = adopt("--domain", domain);
    assertThat(adopted.status()).as(adopted.err()).isZero();
    return adopted.lastLine();
  }

  private static Program.Ended adopt(String... which) throws Exception {
    var arguments = new ArrayList<>(List.of("machine", "adopt"));
    arguments.addAll(List.of(which));
    String config = host.root().resolve("platen.yaml").toString();
    arguments.addAll(List.of("--config", config, "--data", host.server().data().toString()));
    return App.run(arguments.toArray(String[]::new));
  }

  /** What QEMU reads from an image that nobody uses, and from all below it. */
  private Path raw(Path image, String format) throws Exception {
    Path raw = Files.createTempFile(dir, "expected", ".raw");
    Shell.succeed("qemu-img", "convert", "-f", format, "-O", "raw", "" + image, raw.toString());
    return raw;
  }

  private static void assertHolds(String template, Path raw) throws Exception {
    Disks.assertHolds(host.server().data(), template, raw);
  }

  @Test
  void aSnapshotThatTheGuestWroteToIsCapturedRunningOrNot() throws Exception {
    String domain = define("snapped", disk(image("a.qcow2", "qcow2", 8), "qcow2", "vda"));
    String machine = adopted(domain);
    startPaused(domain);
    libvirt.virsh("snapshot-create-as", domain, "s1", "--disk-only", "--atomic");
    libvirt.guestWrites(domain, 5, "1M 1M");
    String running = client.captured(machine, "running");
    libvirt.virsh("destroy", domain);
    Path first = raw(dir.resolve("a.s1"), "qcow2");
    assertHolds(running, first);
    assertHolds(client.captured(machine, "off"), first);

    startPaused(domain);
    libvirt.virsh("snapshot-create-as", domain, "s2", "--disk-only", "--no-metadata");
    libvirt.guestWrites(domain, 6, "3M 64k");
    libvirt.virsh("destroy", domain);
    libvirt.virsh("snapshot-create-as", domain, "s3", "--disk-only");
    Path second = raw(dir.resolve("a.s3"), "qcow2");
    assertThat(Files.mismatch(first, second)).isEqualTo(3 * MIB);
    assertHolds(client.captured(machine, "off again"), second);

    startPaused(domain);
    libvirt.guestWrites(domain, 7, "4M 64k");
    libvirt.virsh("blockcommit", domain, "vda", "--active", "--pivot", "--wait");
    libvirt.virsh("destroy", domain);
    Path third = raw(dir.resolve("a.qcow2"), "qcow2");
    assertThat(Files.mismatch(second, third)).isEqualTo(4 * MIB);
    assertHolds(client.captured(machine, "committed"), third);
  }

  @Test
  void snapshotsOfSnapshotsThatWereMadeWhileTheDomainWasOffAreCaptured() throws Exception {
    String domain = define("idle", disk(image("idle.qcow2", "qcow2", 8), "qcow2", "vda"));
    String machine = adopted(domain);
    for (int i = 1; i <= 3; i++) {
      libvirt.virsh("snapshot-create-as", domain, "s" + i, "--disk-only", "--no-metadata");
      Path snapshot = dir.resolve("idle.s" + i);
      String write = "write -P %d %dM 64k".formatted(10 + i, i);
      Shell.succeed("qemu-io", "-f", "qcow2", "-c", write, "" + snapshot);
      assertHolds(client.captured(machine, "s" + i), raw(snapshot, "qcow2"));
    }
  }

  @Test
  void aSnapshotThatIsMadeWhileACaptureBeginsIsCaptured() throws Exception {
    String domain = define("late", disk(image("late.qcow2", "qcow2", 8), "qcow2", "vda"));
    String machine = adopted(domain);
    host.virsh().holdAnswer("dumpxml");
    var capture = client.capture(machine, "late");
    host.virsh().awaitHeld();
    libvirt.virsh("snapshot-create-as", domain, "s1", "--disk-only");
    Path snapshot = dir.resolve("late.s1");
    Shell.succeed("qemu-io", "-f", "qcow2", "-c", "write -P 8 5M 64k", "" + snapshot);
    host.virsh().release();
    String template = client.awaitDone(capture).path("id").asText();
    assertHolds(template, raw(snapshot, "qcow2"));
  }

  @Test
  void aCopyOfAnotherFormatAndSizeIsCapturedInPlaceOfTheOldFile() throws Exception {
    Path old = image("old.qcow2", "qcow2", 8);
    String domain = define("copied", disk(old, "qcow2", "vda"));
    String machine = adopted(domain);
    startPaused(domain);
    Path copy = dir.resolve("copy.raw");
    libvirt.virsh(
        "blockcopy",
        domain,
        "vda",
        copy.toString(),
        "--format",
        "raw",
        "--transient-job",
        "--wait");
    assertThat(client.captureFails(machine))
        .contains("is being copied or committed")
        .contains("blockjob");
    libvirt.virsh("blockjob", domain, "vda", "--pivot");
    libvirt.virsh("blockresize", domain, "vda", "9M");
    libvirt.guestWrites(domain, 9, "8M 1M");
    String running = client.captured(machine, "running");
    libvirt.virsh("destroy", domain);
    Files.delete(old);
    assertHolds(running, copy);
    assertHolds(client.captured(machine, "off"), copy);
    assertThat(bytes(machine)).isEqualTo(9L * MIB);

    // What Platen knows of the copy by now is enough to miss something of it.
    Shell.truncate(copy, 8 * MIB);
    assertThat(client.captureFails(machine)).contains(copy.toString()).contains("is truncated");
    startPaused(domain);
    assertThat(client.captureFails(machine)).contains(copy.toString()).contains("is truncated");
  }

  private static long bytes(String machine) throws Exception {
    try (var connection = database();
        var query = connection.prepareStatement("SELECT disk_bytes FROM machine WHERE id = ?")) {
      query.setString(1, machine);
      return query.executeQuery().getLong(1);
    }
  }

  private static Connection database() throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + host.server().data().resolve("platen.db"));
  }

  @Test
  void aMachineThatWasAdoptedBeforeDisksHadNamesIsFoundByItsFile() throws Exception {
    Path other = image("other.qcow2", "qcow2", 8);
    Path mine = image("mine.qcow2", "qcow2", 8);
    String boot = disk(mine, "qcow2", "vdb").replace("<target", "<boot order='1'/><target");
    String domain = define("unnamed", disk(other, "qcow2", "vda"), boot);
    String machine = adopted(domain);
    try (var connection = database();
        var forget =
            connection.prepareStatement("UPDATE machine SET disk_target = NULL WHERE id = ?")) {
      forget.setString(1, machine);
      assertThat(forget.executeUpdate()).isEqualTo(1);
    }
    libvirt.virsh(
        "snapshot-create-as", domain, "s1", "--disk-only", "--diskspec", "vda,snapshot=no");
    Shell.succeed("qemu-io", "-f", "qcow2", "-c", "write -P 7 2M 64k", "" + dir.resolve("mine.s1"));
    Path expected = raw(dir.resolve("mine.s1"), "qcow2");
    assertHolds(client.captured(machine, "found"), expected);
    try (var connection = database();
        var query = connection.prepareStatement("SELECT disk_target FROM machine WHERE id = ?")) {
      query.setString(1, machine);
      assertThat(query.executeQuery().getString(1)).isEqualTo("vdb");
    }
  }

  @Test
  void aDomainThatIsGoneOrHasLostItsDiskIsNoReasonToTakeTheOldFile() throws Exception {
    Path a = image("a.qcow2", "qcow2", 8);
    Path b = image("b.qcow2", "qcow2", 8);
    String domain = define("lost", disk(a, "qcow2", "vda"), disk(b, "qcow2", "vdb"));
    String machine = adopted(domain);
    libvirt.virsh("detach-disk", domain, "vda", "--config");
    assertThat(client.captureFails(machine))
        .contains("lost has no disk vda any more")
        .contains("adopt");
    libvirt.hide();
    try {
      assertThat(client.captureFails(machine)).contains("libvirt does not answer");
    } finally {
      libvirt.show();
    }
    libvirt.virsh("undefine", domain);
    assertThat(client.captureFails(machine))
        .contains("libvirt has no domain")
        .contains("adopt its disk");
  }

  @Test
  void aFileOfTheHostThatAnImageNamesIsNeverInATemplate() throws Exception {
    Path secret = Disks.random(dir.resolve("secret"), MIB, 3);
    Path image = dir.resolve("uploaded.qcow2");
    Shell.succeed(
        "qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "" + secret, "" + image);
    String domain = define("uploaded", disk(image, "qcow2", "vda"));
    assertThat(adopt("--domain", domain).err()).contains("which libvirt does not confirm");

    Files.delete(image);
    Path good = image("uploaded.qcow2", "qcow2", 8);
    String machine = adopted(domain);
    assertHolds(client.captured(machine, "good"), raw(good, "qcow2"));
    Files.delete(good);
    Shell.succeed(
        "qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "" + secret, "" + image);
    assertThat(client.captureFails(machine))
        .contains(image.toString())
        .contains("libvirt does not confirm");
    // Whoever may define domains says so, and means it.
    String stated =
        "<backingStore type='file'><format type='raw'/><source file='%s'/><backingStore/></backingStore>"
            .formatted(secret);
    String other =
        define("stated", disk(image, "qcow2", "vda").replace("<target", stated + "<target"));
    assertHolds(client.captured(adopted(other), "stated"), secret);
  }

  @Test
  void whatCantBeReadIsRefusedWithItsReason() throws Exception {
    assertThat(adopt("--domain", define("network", NETWORK)).err()).contains("of type network");
    Path file = image("a.raw", "raw", 4);
    String slices =
        disk(file, "raw", "vda")
            .replace(
                "'/><target",
                "'><slices><slice type='storage' offset='0' size='512'/></slices></source><target");
    assertThat(adopt("--domain", define("slices", slices)).err()).contains("is a part of a file");
  }

  @Test
  void aDiskThatBecomesOneThatCantBeReadIsRefusedWithItsReason() throws Exception {
    Path image = image("changing.qcow2", "qcow2", 4);
    String domain = define("changing", disk(image, "qcow2", "vda"));
    String machine = adopted(domain);
    client.captured(machine, "good");
    Path data = dir.resolve("data.raw");
    String external = "data_file=%s,data_file_raw=on".formatted(data);
    Shell.succeed("qemu-img", "create", "-q", "-f", "qcow2", "-o", external, "" + image, "4M");
    assertThat(client.captureFails(machine)).contains("" + image).contains("in another file");
    Program.succeed("setfacl", "-m", "u:libvirt-qemu:rw", "" + data); // libvirt knows nothing of it
    startPaused(domain);
    assertThat(client.captureFails(machine)).contains("" + image).contains("in another file");
    libvirt.virsh("destroy", domain);

    Shell.createEncrypted(image);
    assertThat(client.captureFails(machine)).contains("" + image).contains("is encrypted");
    String xml = libvirt.virsh("dumpxml", domain).replaceAll("(?s)<disk .*</disk>", NETWORK);
    libvirt.virsh("define", Files.writeString(dir.resolve("network.xml"), xml).toString());
    assertThat(client.captureFails(machine)).contains("of type network");
  }

  @Test
  void aDiskThatIsCutShortUnderARunningMachineIsNoTemplate() throws Exception {
    var formats = List.of("qcow2", "vmdk", "vdi", "raw"); // libvirt knows no VHDX
    for (var format : formats) {
      define("cut-" + format, disk(image("cut." + format, format, 8), format, "vda"));
    }
    var adopted = adopt("--all-domains");
    assertThat(adopted.status()).as(adopted.err()).isZero();
    for (var format : formats) {
      Path image = dir.resolve("cut." + format);
      String machine = named("cut-" + format);
      startPaused("cut-" + format);
      libvirt.guestWrites("cut-" + format, 5, "4M 1M");
      Path whole = Files.copy(image, dir.resolve("whole." + format));
      String running = client.captured(machine, "whole " + format);
      Shell.truncate(image, Files.size(image) - MIB / 2);
      assertThat(client.captureFails(machine))
          .as(format)
          .contains(image.toString())
          .contains("truncated");
      assertHolds(running, raw(whole, format));
    }
  }

  private static String named(String machine) {
    for (var each : client.get("/machines?limit=100").ok().path("items")) {
      if (each.path("name").asText().equals(machine)) {
        return each.path("id").asText();
      }
    }
    throw new AssertionError("there is no machine " + machine);
  }

  @Test
  void aLaunchedMachineThatOthersMadeASnapshotOfIsCapturedAndNotStarted() throws Exception {
    String machine =
        client.awaitDone(host.create("foreign", Map.of("startOnCreate", true))).path("id").asText();
    String domain = MachineHost.domain(machine);
    Path overlay = dir.resolve("foreign.s1");
    libvirt.virsh("suspend", domain);
    libvirt.virsh(
        "snapshot-create-as",
        domain,
        "s1",
        "--disk-only",
        "--diskspec",
        "vda,file=" + overlay,
        "--no-metadata");
    libvirt.guestWrites(domain, 5, "300M 1M");
    String running = client.captured(machine, "running");
    libvirt.virsh("destroy", domain);
    host.awaitState(machine, "off", Duration.ofSeconds(30));
    assertLaunchedAs(overlay, running);
    assertLaunchedAs(overlay, client.captured(machine, "off"));
    var refused = host.event(machine, "start");
    assertThat(refused.path("state").asText()).isEqualTo("error");
    assertThat(refused.path("error").asText()).contains(overlay.toString());

    // As the message says.
    Shell.succeed("qemu-img", "commit", "-q", overlay.toString());
    libvirt.virsh("undefine", domain);
    assertThat(host.event(machine, "start").path("state").asText()).isEqualTo("done");
    host.delete(machine);
  }

  /** Asserts that a machine that is launched from a template gets the disk that is in an image. */
  private static void assertLaunchedAs(Path image, String template) throws Exception {
    var begun = host.create("twin", Map.of("templateId", template, "startOnCreate", false));
    String twin = client.awaitDone(begun).path("id").asText();
    Path disk = host.server().data().resolve("machines").resolve(twin).resolve("disk.qcow2");
    Shell.succeed("qemu-img", "compare", "-f", "qcow2", "-F", "qcow2", "" + image, "" + disk);
    host.delete(twin);
  }
}
