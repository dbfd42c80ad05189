package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.Client;
import io.platen.support.Disks;
import io.platen.support.MachineHost;
import io.platen.support.PrivateLibvirt;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Deleted machines are removed completely, whatever fails meanwhile, and no others are. */
class MachineRemovalIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int DELETIONS = 30;
  private static final int AT_A_TIME = 6;

  /** About what a launch with its start takes here. */
  private static final int MAX_MILLIS = 4000;

  private static MachineHost host;
  private static PrivateLibvirt libvirt;
  private static Client client;

  @BeforeAll
  static void start() throws Exception {
    host = MachineHost.get();
    libvirt = host.libvirt();
    client = host.client();
  }

  private static JsonNode deletion(String machine) {
    return client.awaitEnd(
        client.delete("/machines/" + machine).ok().path("event").path("id").asText());
  }

  private static void assertError(JsonNode event, String... parts) {
    assertThat(event.path("state").asText()).isEqualTo("error");
    assertThat(event.path("error").asText()).contains(parts);
  }

  @Test
  void aDeletionThatLibvirtHoldsUpIsFinishedByItselfAndUntilThenAllIsKept() throws Exception {
    String source = host.created("source");
    String template = client.captured(source, "held up");
    host.delete(source);
    String network = MachineHost.network(client, "held up", "ny2");
    String machine =
        client
            .awaitDone(host.create("held up", Map.of("templateId", template, "networkId", network)))
            .path("id")
            .asText();
    host.awaitConsole(machine, "TICK 10");
    Path index = host.server().data().resolve("index").resolve(template + ".caibx");
    Path base = RunningMachineIT.base(host.directory(machine).resolve("disk.qcow2"));
    client.purge(template);

    libvirt.hang();
    try {
      assertError(deletion(machine), "Platen finishes this by itself");
      var refused = client.delete("/private-networks/" + network).error(409, "CONFLICT");
      assertThat(refused.path("message").asText()).contains("still being removed");
      assertThat(host.run("gc").status()).isZero();
      assertThat(index).exists();
      assertThat(base).exists();
      assertThat(host.directory(machine).resolve("disk.qcow2")).exists();
    } finally {
      libvirt.goOn();
    }
    assertThat(libvirt.virsh("net-list", "--name")).contains(network);
    host.awaitGone(machine);
    await("the index to be removed").atMost(LIMIT).until(() -> Files.notExists(index));
    client.delete("/private-networks/" + network).ok();
    assertThat(libvirt.virsh("net-list", "--all", "--name")).doesNotContain(network);
  }

  @Test
  void aMachineThatIsDeletedAtAnyMomentOfItsStartLeavesNothing() throws Exception {
    // Fixed, so that a failure can be looked for again; the moments vary by themselves.
    var random = new Random(20261125);
    var deleted = new ArrayList<Future<String>>();
    try (var threads = Executors.newFixedThreadPool(AT_A_TIME)) {
      for (int i = 0; i < DELETIONS; i++) {
        int millis = random.nextInt(MAX_MILLIS);
        Callable<String> round = () -> createdAndDeleted(millis);
        deleted.add(threads.submit(round));
      }
    }
    var machines = new ArrayList<String>();
    for (var machine : deleted) {
      machines.add(machine.get());
    }
    // Nothing comes back either, from a definition that libvirt makes late.
    await("nothing of them to be here")
        .during(Duration.ofSeconds(5))
        .atMost(LIMIT)
        .until(() -> left(machines).isEmpty());
  }

  private static String createdAndDeleted(int millis) throws Exception {
    String machine = host.create("short-lived", Map.of()).path("data").path("id").asText();
    // Not to wait for anything: this is the random moment.
    Thread.sleep(millis);
    var event = deletion(machine);
    assertThat(event.path("state").asText()).as("%s", event).isEqualTo("done");
    assertThat(host.isLeft(machine)).as("%s after %d ms", machine, millis).isFalse();
    return machine;
  }

  private static List<String> left(List<String> machines) throws Exception {
    var left = new ArrayList<String>();
    for (var machine : machines) {
      if (host.isLeft(machine)) {
        left.add(machine);
      }
    }
    return left;
  }

  /** Defines and starts a domain that is not Platen's. */
  private static void foreign(String name, String more, Path disk) throws Exception {
    Path xml =
        Files.writeString(
            host.root().resolve("foreign.xml"),
            """
            <domain type='qemu'><name>%s</name>%s<memory unit='MiB'>32</memory><vcpu>1</vcpu>
              <os><type arch='x86_64' machine='pc'>hvm</type></os>
              <devices>
                <disk type='file' device='disk'><driver name='qemu' type='raw'/>
                  <source file='%s'/><target dev='vda' bus='virtio'/></disk>
              </devices>
            </domain>
            """
                .formatted(name, more, disk));
    libvirt.virsh("define", xml.toString());
    libvirt.virsh("start", name);
  }

  /** A machine that has been started and stopped, whose domain somebody undefined. */
  private static String withoutDomain(String name) throws Exception {
    String machine =
        client.awaitDone(host.create(name, Map.of("startOnCreate", false))).path("id").asText();
    assertThat(host.event(machine, "start").path("state").asText()).isEqualTo("done");
    host.event(machine, "stop");
    libvirt.virsh("undefine", MachineHost.domain(machine));
    return machine;
  }

  @Test
  void somebodyElsesDomainOfTheSameNameIsNotTouched() throws Exception {
    Path disk = Disks.random(host.root().resolve("foreign.raw"), 1 << 20, 3);
    String machine = withoutDomain("namesake");
    String domain = MachineHost.domain(machine);
    foreign(domain, "", disk);
    try {
      assertError(host.event(machine, "start"), domain, "UUID");
      assertError(deletion(machine), domain, "UUID", "Platen finishes this by itself");
      assertThat(libvirt.state(domain)).isEqualTo("running");
      assertThat(host.directory(machine).resolve("disk.qcow2")).exists();
    } finally {
      libvirt.virsh("destroy", domain);
      libvirt.virsh("undefine", domain);
    }
    host.awaitGone(machine);
    assertThat(disk).exists();
  }

  @Test
  void theDomainOfACopyOfThisInstallationIsNotTouched() throws Exception {
    Path disk = Disks.random(host.root().resolve("copy.raw"), 1 << 20, 4);
    String machine = withoutDomain("copied");
    String domain = MachineHost.domain(machine);
    String xml = Files.readString(host.directory(machine).resolve("domain.xml"));
    // As another data directory with the same database would have it.
    String same =
        xml.substring(xml.indexOf("<uuid>"), xml.indexOf("<title>"))
            + xml.substring(xml.indexOf("<metadata>"), xml.indexOf("<memory"));
    foreign(domain, same, disk);
    try {
      host.awaitState(machine, "ready", Duration.ofSeconds(30));
      assertError(host.event(machine, "stop"), domain, disk.toString());
      assertError(deletion(machine), domain, disk.toString());
      assertThat(libvirt.state(domain)).isEqualTo("running");
      // Once that disk is nowhere any more, it is the domain of a data directory that was moved.
      Files.delete(disk);
      host.awaitGone(machine);
    } finally {
      if (libvirt.domains().contains(domain)) {
        libvirt.virsh("destroy", domain);
        libvirt.virsh("undefine", domain);
      }
    }
  }

  @Test
  void aDiskThatAnotherDomainHasOpenIsNotRemoved() throws Exception {
    String machine = host.created("lent");
    String domain = MachineHost.domain(machine);
    host.event(machine, "stop");
    Path lent = host.directory(machine).resolve("disk.qcow2");
    foreign("borrower", "", lent);
    try {
      assertError(deletion(machine), lent.toString(), "in use");
      assertThat(lent).exists();
      assertThat(libvirt.state("borrower")).isEqualTo("running");
      assertThat(libvirt.domains()).doesNotContain(domain);
    } finally {
      libvirt.virsh("destroy", "borrower");
      libvirt.virsh("undefine", "borrower");
    }
    host.awaitGone(machine);
  }

  @Test
  void aDomainThatLibvirtMakesAfterTheRemovalIsRemovedToo() throws Exception {
    String machine = host.created("late");
    Path xml =
        Files.copy(host.directory(machine).resolve("domain.xml"), host.root().resolve("late.xml"));
    host.delete(machine);
    libvirt.virsh("define", xml.toString());
    host.awaitGone(machine);
  }

  @Test
  void aDeletionWhoseServerDiedIsFinishedAfterTheNextStart() throws Exception {
    String machine = host.created("orphan");
    host.virsh().hold("undefine");
    var deletion = client.delete("/machines/" + machine).ok();
    host.virsh().awaitHeld();
    host.server().kill9();
    // As if the job had ended with an error, before the sweep's turn.
    assertThat(
            host.change(
                "UPDATE event SET state = 'error', error = 'x', dt_finished = 1 WHERE id = ?",
                deletion.path("event").path("id").asText()))
        .isEqualTo(1);
    host.virsh().release();
    host.server().startAgain();
    client = host.client();
    host.awaitGone(machine);
  }
}
