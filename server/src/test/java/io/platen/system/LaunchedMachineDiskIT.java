package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.disk.Shell;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.MachineHost;
import io.platen.support.PrivateLibvirt;
import io.platen.support.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The disk of a machine that was launched here, where others changed its domain, or a part of it is
 * not what it was: it is captured as the guest has it, or not at all.
 */
class LaunchedMachineDiskIT {
  private static final int MIB = 1 << 20;

  private static MachineHost host;
  private static PrivateLibvirt libvirt;
  private static Client client;
  private static String template;

  private Path dir = Path.of("");
  private String machine = "";
  private String domain = "";

  @BeforeAll
  static void start() throws Exception {
    host = MachineHost.get();
    libvirt = host.libvirt();
    client = host.client();
    // Its guests have nothing to boot.
    Path disk = Disks.random(host.root().resolve("launched.raw"), 32 * MIB, 5);
    template = host.imported(disk, "launched");
  }

  @BeforeEach
  void launch() throws Exception {
    dir = host.directoryOfDisks("launched");
    machine =
        client
            .awaitDone(host.create("launched", Map.of("templateId", template)))
            .path("id")
            .asText();
    domain = MachineHost.domain(machine);
  }

  @AfterEach
  void delete() throws Exception {
    libvirt.tried("destroy", domain);
    libvirt.tried("undefine", domain, "--snapshots-metadata");
    host.delete(machine);
  }

  private Path disk() {
    return host.directory(machine).resolve("disk.qcow2");
  }

  private void end() throws Exception {
    libvirt.virsh("destroy", domain);
    host.awaitState(machine, "off", Duration.ofSeconds(30));
  }

  /** The guest goes on with another file, which holds what it writes from now on. */
  private Path snapshot() throws Exception {
    Path overlay = dir.resolve("snapshot.qcow2");
    String spec = "vda,file=" + overlay;
    libvirt.virsh(
        "snapshot-create-as", domain, "s", "--disk-only", "--diskspec", spec, "--no-metadata");
    libvirt.guestWrites(domain, 5, "40M 1M");
    return overlay;
  }

  private static void assertSame(Path image, String captured) throws Exception {
    String twin =
        client
            .awaitDone(host.create("twin", Map.of("templateId", captured, "startOnCreate", false)))
            .path("id")
            .asText();
    Path disk = host.directory(twin).resolve("disk.qcow2");
    Shell.succeed("qemu-img", "compare", "-f", "qcow2", "-F", "qcow2", "" + image, "" + disk);
    host.delete(twin);
  }

  @Test
  void aBaseImageThatLostItsEndIsNoTemplate() throws Exception {
    Path base = RunningMachineIT.base(disk()).toRealPath();
    Path whole = Files.copy(base, dir.resolve("whole.raw"));
    Shell.truncate(base, 20 * MIB);
    try {
      assertThat(client.captureFails(machine)).contains(base.toString()).contains("is truncated");
      Path overlay = snapshot();
      assertThat(client.captureFails(machine)).contains(base.toString()).contains("is truncated");
      end();
      assertThat(client.captureFails(machine)).contains(base.toString()).contains("is truncated");
      libvirt.virsh("undefine", domain);
      Files.delete(overlay);
      assertThat(client.captureFails(machine)).contains(base.toString()).contains("is truncated");
    } finally {
      Program.succeed("dd", "conv=notrunc", "if=" + whole, "of=" + base, "status=none");
    }
    assertSame(disk(), client.captured(machine, "whole again"));
  }

  @Test
  void aCopyThatTheGuestWentOnWithIsCapturedRunningOrNot() throws Exception {
    Path copy = dir.resolve("copy.qcow2");
    libvirt.virsh("blockcopy", domain, "vda", "" + copy, "--transient-job", "--wait", "--pivot");
    libvirt.guestWrites(domain, 6, "41M 1M");
    String running = client.captured(machine, "running");
    end();
    assertSame(copy, running);
    assertSame(copy, client.captured(machine, "off"));
  }

  @Test
  void aSnapshotIsNotForgottenWhileLibvirtDoesNotAnswer() throws Exception {
    var body = Map.of("machineId", machine, "name", "before");
    String before = client.awaitDone(client.post("/snapshots", body).ok()).path("id").asText();
    Path overlay = snapshot();
    end();
    host.server().kill9();
    int logged = host.server().log().length();
    libvirt.hide();
    try {
      host.server().startAgain();
      client = host.client();
      assertThat(client.captureFails(machine)).contains("is not known without libvirt");
      var restore = client.post("/snapshots/" + before + "/restore", Map.of()).ok();
      var refused = client.awaitEnd(restore.path("event").path("id").asText());
      assertThat(refused.path("error").asText()).contains("is not known without libvirt");
    } finally {
      libvirt.show();
    }
    await("libvirt to be found")
        .atMost(Duration.ofSeconds(30))
        .until(() -> host.server().log().indexOf("machines run under libvirt", logged) > 0);
    assertSame(overlay, client.captured(machine, "answered"));
  }

  @Test
  void aSnapshotThatIsAwayIsNotReplacedByTheFileBelowIt() throws Exception {
    Path overlay = snapshot();
    end();
    Path away = Files.move(overlay, dir.resolve("away"));
    assertThat(client.captureFails(machine)).contains(overlay.toString()).contains("not exist");
    assertThat(host.event(machine, "start").path("error").asText()).contains(overlay.toString());
    Files.move(away, overlay);
    // A libvirt that is started anew has its domains still.
    host.virsh().loseConnection("dumpxml");
    assertThat(host.event(machine, "start").path("error").asText()).contains("broke off");
    assertThat(libvirt.state(domain)).isEqualTo("shut off");
    // Under another name of its domain it is found by nobody, and not forgotten either.
    libvirt.virsh("domrename", domain, "renamed");
    assertThat(client.captureFails(machine)).contains("virsh domrename renamed " + domain);
    libvirt.virsh("domrename", "renamed", domain);
    assertSame(overlay, client.captured(machine, "back"));
  }

  @Test
  void aDomainOfAnotherInstallationIsNotCaptured() throws Exception {
    end();
    String xml = libvirt.virsh("dumpxml", domain, "--inactive");
    libvirt.virsh("undefine", domain);
    // As in a copy of the data directory, on the same libvirt.
    Path other = Files.createDirectories(dir.resolve("machines").resolve(machine));
    Path disk = Files.copy(disk(), other.resolve("disk.qcow2"));
    Shell.succeed(
        "qemu-img",
        "rebase",
        "-u",
        "-F",
        "raw",
        "-b",
        "" + RunningMachineIT.base(disk()),
        "" + disk);
    Path changed = Files.writeString(dir.resolve("other.xml"), xml.replace("" + disk(), "" + disk));
    libvirt.virsh("define", changed.toString());
    assertThat(client.captureFails(machine)).contains("is not the one of the machine");
    libvirt.virsh("start", domain, "--paused");
    assertThat(client.captureFails(machine)).contains("is not the one of the machine");
    libvirt.virsh("destroy", domain);
    libvirt.virsh("undefine", domain);
    assertSame(disk(), client.captured(machine, "own"));
  }
}
