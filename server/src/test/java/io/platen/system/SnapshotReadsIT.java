package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.platen.disk.Shell;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.MachineHost;
import io.platen.support.Metrics;
import io.platen.support.PrivateLibvirt;
import io.platen.support.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A snapshot reads about what was written since the last one, and holds exactly what the disk does,
 * whatever happened in between.
 */
class SnapshotReadsIT {
  private static final double MIB = 1 << 20;

  /** What the guests write before the first snapshot, and a whole reading reads again. */
  private static final double WHOLE = 24 * MIB;

  /** What is written between two snapshots, the mark at the end, and what a boot writes. */
  private static final double LITTLE = 16 * MIB;

  private static MachineHost host;
  private static PrivateLibvirt libvirt;

  @BeforeAll
  static void start() throws Exception {
    host = MachineHost.get();
    libvirt = host.libvirt();
  }

  private static Client client() {
    return host.client();
  }

  /**
   * A snapshot, and what it cost.
   *
   * @param read bytes
   * @param stored bytes
   */
  private record Taken(String id, double read, double stored) {}

  private static double bytes(String kind) {
    return Metrics.of(client()).value("platen_capture_bytes_total{kind=\"" + kind + "\"}");
  }

  private static Taken snapshot(String machine) {
    double read = bytes("read");
    double stored = bytes("stored");
    String id =
        client()
            .awaitDone(client().post("/snapshots", Map.of("machineId", machine, "name", "s")).ok())
            .path("id")
            .asText();
    return new Taken(id, bytes("read") - read, bytes("stored") - stored);
  }

  private static Path disk(String machine) {
    return host.directory(machine).resolve("disk.qcow2");
  }

  /** Asserts that a snapshot is what a launched machine's disk is, running or not. */
  private static void assertHolds(Taken snapshot, String machine) throws Exception {
    long size = client().get("/machines/" + machine).ok().path("storageTotal").longValue() >> 30;
    var off =
        host.create(
            "twin", Map.of("templateId", snapshot.id(), "diskSize", size, "startOnCreate", false));
    String twin = client().awaitDone(off).path("id").asText();
    String image =
        new JsonMapper()
            .readTree(Program.succeed("qemu-img", "info", "--output=json", "" + disk(twin)))
            .path("full-backing-filename")
            .asText();
    var compared =
        Program.succeed(
            "qemu-img", "compare", "-U", "-f", "qcow2", "-F", "raw", "" + disk(machine), image);
    assertThat(compared).contains("identical");
    host.delete(twin);
  }

  private static void started(String machine) throws Exception {
    assertThat(host.event(machine, "start").path("state").asText()).isEqualTo("done");
    // So that nobody but the test writes.
    libvirt.virsh("suspend", MachineHost.domain(machine));
  }

  private static void endedByOthers(String machine) throws Exception {
    libvirt.virsh("destroy", MachineHost.domain(machine));
    host.awaitState(machine, "off", Duration.ofSeconds(30));
  }

  /** Ends QEMU as a loss of power does: it has no time to write what it has noted. */
  private static void killed(String machine) {
    var qemu =
        ProcessHandle.allProcesses()
            .filter(
                some ->
                    some.info().arguments().map(List::of).orElse(List.of()).stream()
                        .anyMatch(argument -> argument.startsWith("guest=platen-" + machine + ",")))
            .findFirst()
            .orElseThrow();
    qemu.destroyForcibly();
    qemu.onExit().join();
    host.awaitState(machine, "off", Duration.ofSeconds(30));
  }

  @Test
  void ofALaunchedMachineRunningOrNotOnlyWhatWasWrittenSinceIsRead() throws Exception {
    String machine = host.created("noted");
    String domain = MachineHost.domain(machine);
    host.awaitConsole(machine, "TICK 10");
    libvirt.virsh("suspend", domain);
    libvirt.guestWrites(domain, 1, "60M 24M");
    assertThat(snapshot(machine).read()).isGreaterThanOrEqualTo(WHOLE);
    libvirt.guestWrites(domain, 2, "70M 1M");
    var running = snapshot(machine);
    assertThat(running.read()).isBetween(MIB, LITTLE);
    assertHolds(running, machine);

    libvirt.guestWrites(domain, 3, "71M 1M");
    endedByOthers(machine);
    var off = snapshot(machine);
    assertThat(off.read()).isBetween(MIB, LITTLE);
    assertHolds(off, machine);
    var unchanged = snapshot(machine);
    assertThat(unchanged.read()).isLessThanOrEqualTo(MIB);
    assertThat(unchanged.stored()).isZero();

    Shell.succeed("qemu-io", "-f", "qcow2", "-c", "write -P 4 72M 1M", "" + disk(machine));
    var written = snapshot(machine);
    assertThat(written.read()).isBetween(MIB, 3 * MIB);
    assertHolds(written, machine);

    started(machine);
    libvirt.guestWrites(domain, 5, "73M 1M");
    snapshot(machine);
    host.server().kill9();
    host.server().startAgain();
    libvirt.guestWrites(domain, 6, "74M 1M");
    var again = snapshot(machine);
    assertThat(again.read()).isBetween(MIB, LITTLE);
    assertHolds(again, machine);

    libvirt.virsh("resume", domain);
    client().awaitDone(client().post("/snapshots/" + running.id() + "/restore", Map.of()).ok());
    libvirt.virsh("suspend", domain);
    libvirt.guestWrites(domain, 7, "75M 1M");
    assertHolds(snapshot(machine), machine);
    libvirt.guestWrites(domain, 8, "76M 1M");
    var afterRestore = snapshot(machine);
    assertThat(afterRestore.read()).isBetween(MIB, LITTLE);
    assertHolds(afterRestore, machine);
    host.delete(machine);
  }

  @Test
  void aMachineThatWasOffAtItsSnapshotIsNotReadAsAWholeAtTheNextOne() throws Exception {
    String machine = host.created("off");
    String domain = MachineHost.domain(machine);
    host.awaitConsole(machine, "TICK 10");
    libvirt.virsh("suspend", domain);
    libvirt.guestWrites(domain, 1, "60M 24M");
    endedByOthers(machine);
    assertThat(snapshot(machine).read()).isGreaterThanOrEqualTo(WHOLE);
    for (int i = 1; i <= 2; i++) {
      started(machine);
      libvirt.guestWrites(domain, 1 + i, (60 + i) + "M 1M");
      endedByOthers(machine);
      var off = snapshot(machine);
      assertThat(off.read()).isBetween(MIB, LITTLE);
      assertHolds(off, machine);
    }
    started(machine);
    libvirt.guestWrites(domain, 4, "45G 1M");
    var running = snapshot(machine);
    assertThat(running.read()).isBetween(MIB, LITTLE);
    assertHolds(running, machine);
    endedByOthers(machine);
    Shell.succeed("qemu-img", "resize", "-q", "--shrink", "" + disk(machine), "40G");
    Shell.succeed("qemu-img", "resize", "-q", "" + disk(machine), "50G");
    assertHolds(snapshot(machine), machine);
    host.delete(machine);
  }

  @Test
  void whatQemuNotedBeforeItWasKilledCountsForNothingAndHoldsNothingUp() throws Exception {
    String machine = host.created("killed");
    String domain = MachineHost.domain(machine);
    host.awaitConsole(machine, "TICK 10");
    libvirt.virsh("suspend", domain);
    libvirt.guestWrites(domain, 1, "60M 24M");
    snapshot(machine);
    endedByOthers(machine);
    started(machine);
    libvirt.guestWrites(domain, 2, "70M 1M");
    killed(machine);
    var off = snapshot(machine);
    assertThat(off.read()).isGreaterThanOrEqualTo(WHOLE);
    assertHolds(off, machine);

    // Begun anew meanwhile, and lost once more: the disk grows all the same.
    started(machine);
    killed(machine);
    grow(machine, 100);
    started(machine);
    killed(machine);
    libvirt.virsh("start", domain);
    host.awaitState(machine, "ready", Duration.ofSeconds(30));
    grow(machine, 250);
    libvirt.virsh("suspend", domain);
    assertHolds(snapshot(machine), machine);
    libvirt.guestWrites(domain, 3, "80M 1M");
    var grown = snapshot(machine);
    assertThat(grown.read()).isBetween(MIB, LITTLE);
    assertHolds(grown, machine);
    host.delete(machine);
  }

  private static void grow(String machine, int gigabytes) {
    client().awaitDone(client().put("/machines/" + machine, Map.of("diskSize", gigabytes)).ok());
  }

  private static Path image(String name, String format) throws Exception {
    Path image = host.directoryOfDisks(name).resolve("disk." + format);
    Shell.succeed("qemu-img", "create", "-q", "-f", format, "" + image, "64M");
    Shell.succeed("qemu-io", "-f", format, "-c", "write -P 1 4M 24M", "" + image);
    return image;
  }

  private static String define(String name, Path image, String format) throws Exception {
    Path xml =
        Files.writeString(
            image.resolveSibling("domain.xml"),
            """
            <domain type='qemu'>
              <name>%s</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
              <os><type arch='x86_64' machine='pc'>hvm</type></os>
              <devices>
                <disk type='file' device='disk'><driver name='qemu' type='%s'/>
                  <source file='%s'/><target dev='vda' bus='virtio'/></disk>
              </devices>
            </domain>
            """
                .formatted(name, format, image));
    libvirt.virsh("define", xml.toString());
    return name;
  }

  private static String adopted(String domain) throws Exception {
    var adopted = host.run("machine", "adopt", "--domain", domain);
    assertThat(adopted.status()).as(adopted.err()).isZero();
    return adopted.lastLine();
  }

  private static void assertHolds(Taken snapshot, Path image, String format) throws Exception {
    Path raw = Files.createTempFile(image.getParent(), "expected", ".raw");
    Shell.succeed("qemu-img", "convert", "-U", "-f", format, "-O", "raw", "" + image, "" + raw);
    Disks.assertHolds(host.server().data(), snapshot.id(), raw);
    Files.delete(raw);
  }

  private static String nodes(String domain) throws Exception {
    return libvirt.virsh(
        "qemu-monitor-command",
        domain,
        "{\"execute\":\"query-named-block-nodes\",\"arguments\":{\"flat\":true}}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"raw", "qcow2"})
  void ofAnAdoptedMachineThatRunsOnlyWhatWasWrittenSinceIsRead(String format) throws Exception {
    String name = "noted-" + format;
    Path image = image(name, format);
    String domain = define(name, image, format);
    String machine = adopted(domain);
    libvirt.virsh("start", domain, "--paused");
    assertThat(snapshot(machine).read()).isGreaterThanOrEqualTo(WHOLE);
    libvirt.guestWrites(domain, 2, "10M 1M");
    var little = snapshot(machine);
    assertThat(little.read()).isBetween(MIB, 3 * MIB);
    assertHolds(little, image, format);
    assertThat(snapshot(machine).read()).isLessThanOrEqualTo(MIB);

    // An owner's snapshot that is brought back.
    Path overlay = image.resolveSibling("other.qcow2");
    String spec = "vda,file=" + overlay;
    libvirt.virsh(
        "snapshot-create-as", domain, "s", "--disk-only", "--diskspec", spec, "--no-metadata");
    libvirt.guestWrites(domain, 3, "12M 1M");
    libvirt.virsh("blockcommit", domain, "vda", "--active", "--pivot", "--wait");
    var committed = snapshot(machine);
    assertThat(committed.read()).isBetween(MIB, 3 * MIB);
    assertHolds(committed, image, format);

    // QEMU forgets what it noted behind the end, and there are zeros when the disk grows again.
    libvirt.virsh("blockresize", domain, "vda", "20M");
    libvirt.virsh("blockresize", domain, "vda", "64M");
    assertHolds(snapshot(machine), image, format);
    libvirt.guestWrites(domain, 4, "40M 1M");
    var resized = snapshot(machine);
    assertThat(resized.read()).isBetween(MIB, 3 * MIB);
    assertHolds(resized, image, format);

    libvirt.virsh("destroy", domain);
    var off = snapshot(machine);
    assertHolds(off, image, format);
    assertThat(Shell.succeed("qemu-img", "info", "" + image)).doesNotContain("bitmap");
    libvirt.virsh("start", domain, "--paused");
    libvirt.guestWrites(domain, 5, "5M 1M");
    assertHolds(snapshot(machine), image, format);
    assertThat(nodes(domain)).contains("platen-" + machine);

    host.delete(machine);
    assertThat(nodes(domain)).doesNotContain("platen-" + machine);
    libvirt.virsh("destroy", domain);
    libvirt.virsh("undefine", domain);
  }
}
