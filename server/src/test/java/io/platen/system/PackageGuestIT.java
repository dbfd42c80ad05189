package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.platen.support.Client;
import io.platen.support.PackageBuild;
import io.platen.support.PackageGuest;
import io.platen.support.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The life of an installation, on a Debian with systemd, libvirt and AppArmor: installed, used,
 * upgraded at work, booted again, removed, purged. One step follows the other.
 */
@Tag("long")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PackageGuestIT {
  private static final Duration LIMIT = Duration.ofMinutes(40);
  private static final Set<String> ENDED = Set.of("done", "error", "cancelled");
  private static final String NEWER = "0.1.0+newer";

  private static final String MACHINE_ID = "0123456789abcdef0123456789abcdef";

  private static final String DOMAIN =
      """
      <domain type='qemu'><name>old-box</name><memory unit='MiB'>256</memory><vcpu>1</vcpu>
      <os><type arch='x86_64'>hvm</type></os>
      <devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
      <source file='/var/lib/libvirt/images/old-box.qcow2'/><target dev='vda' bus='virtio'/></disk>
      <serial type='file'><source path='/var/log/libvirt/old-box.log'/></serial></devices></domain>
      """;

  private static Path directory;
  private static PackageGuest guest;
  private static String key = "";
  private static String off = "";

  @BeforeAll
  static void boot() throws Exception {
    Assumptions.assumeTrue(
        Program.succeed("id", "-u").strip().equals("0"), "mmdebstrap makes the guest as root");
    directory = Files.createTempDirectory("package-guest");
    guest = PackageGuest.boot(directory.resolve("guest"));
    guest.copy(PackageBuild.make(directory.resolve("first"), "0.1.0").deb());
    guest.copy(PackageBuild.make(directory.resolve("second"), NEWER).deb());
  }

  @AfterAll
  static void end() throws Exception {
    if (guest != null) {
      guest.close();
      Program.succeed("rm", "-rf", directory.toString());
    }
  }

  private static String in(String script) throws Exception {
    return guest.succeed(LIMIT, script);
  }

  /** A command over HTTP, by a user who has the key. Java starts slowly where it is emulated. */
  private static String command(String command) throws Exception {
    return in(
        "PAPERSPACE_API_URL=http://127.0.0.1:8080/v1 PAPERSPACE_API_KEY=%s platen %s"
            .formatted(key, command));
  }

  private static Client client() throws Exception {
    return new Client(guest.platen(), key);
  }

  private static JsonNode machine(String name) throws Exception {
    return client().get("/machines?name=" + name).ok().path("items").path(0);
  }

  /** Begins something about a machine, and waits until it is done. */
  private static JsonNode done(JsonNode dataAndEvent) throws Exception {
    var event = ended(dataAndEvent.path("event").path("id").asText());
    assertThat(event.path("state").asText()).as("%s", event).isEqualTo("done");
    return dataAndEvent.path("data");
  }

  private static JsonNode ended(String event) throws Exception {
    return await("the end of " + event)
        .atMost(LIMIT)
        .pollInterval(Duration.ofSeconds(1))
        .until(
            () -> client().get("/machine-events/" + event).ok(),
            seen -> ENDED.contains(seen.path("state").asText()));
  }

  private static String install(String version) throws Exception {
    return in(
        "DEBIAN_FRONTEND=noninteractive apt-get install -y -q ./platen_%s_$(dpkg --print-architecture).deb 2>&1"
            .formatted(version));
  }

  private static void awaitActive() throws Exception {
    await("the service")
        .atMost(LIMIT)
        .pollInterval(Duration.ofSeconds(2))
        .until(
            () -> guest.run(LIMIT, "systemctl is-active platen").out().strip(), "active"::equals);
    in("curl --fail --silent --max-time 60 http://127.0.0.1:8080/health/ready");
  }

  @Test
  @Order(1)
  void anInstallationStartsItAndSaysHowToGetAKey() throws Exception {
    assertThat(install("0.1.0")).contains("sudo platen key create", "http://127.0.0.1:8080");
    awaitActive();
    assertThat(in("id -nG platen")).contains("libvirt", "kvm");
    assertThat(in("stat -c %U:%a /etc/platen/platen.yaml")).isEqualTo("root:640");
    key = in("platen key create");
    assertThat(in("find /var/lib/platen ! -user platen")).isEmpty();
    assertThat(in("journalctl -u platen")).doesNotContain("PAPERSPACE_API_KEY");
    assertThat(Client.JSON.readTree(command("template list --json")).path("items").isArray())
        .isTrue();
    // The caches are made beside what follows.
    assertThat(in("systemctl show -P ActiveState platen-train")).isIn("activating", "inactive");
    assertThat(in("echo '# by the operator' >>/etc/platen/platen.yaml; platen doctor || true"))
        .contains("sandbox", "answers at qemu:///system");
  }

  @Test
  @Order(2)
  void aDomainIsAdoptedStartedCapturedRunningAndStopped() throws Exception {
    in("virsh net-autostart default && virsh net-start default");
    // Nothing boots from it: a guest that is emulated in an emulated guest would take all there is.
    // Its file system has what makes a host itself.
    in(
        "mkdir -p old/etc/ssh && echo old-box >old/etc/hostname && echo %s >old/etc/machine-id"
            .formatted(MACHINE_ID));
    in("ssh-keygen -q -t ed25519 -N '' -f old/etc/ssh/ssh_host_ed25519_key");
    in("head -c 16M /dev/urandom >old/noise && truncate -s 256M idle.raw");
    in("mke2fs -q -t ext4 -d old idle.raw");
    in("qemu-img convert -O qcow2 idle.raw /var/lib/libvirt/images/old-box.qcow2");
    in("chmod 600 /var/lib/libvirt/images/old-box.qcow2");
    in("cat >domain.xml <<'XML'\n" + DOMAIN + "XML\nvirsh define domain.xml");

    var refused = guest.run(LIMIT, "platen machine adopt --domain old-box");
    assertThat(refused.status()).as(refused.err()).isEqualTo(1);
    assertThat(refused.err()).contains("platen can't read", "old-box.qcow2", "--let-read");
    String adopted = in("platen machine adopt --domain old-box --let-read 2>said");
    assertThat(in("cat said"))
        .contains("setfacl -m u:platen:r /var/lib/libvirt/images/old-box.qcow2");
    assertThat(adopted.lines().toList().getLast()).startsWith("ps");

    String oldBox = adopted.lines().toList().getLast();
    done(client().patch("/machines/" + oldBox + "/start").ok());
    assertThat(in("virsh domstate old-box")).isEqualTo("running");
    done(client().capture(oldBox, "running"));
    done(client().patch("/machines/" + oldBox + "/stop").ok());
    assertThat(in("virsh domstate old-box")).isEqualTo("shut off");
    off = done(client().capture(oldBox, "off")).path("id").asText();
    assertThat(in("journalctl -k"))
        .doesNotContain("apparmor=\"DENIED\" operation=\"open\" profile=\"libvirt-");
  }

  @Test
  @Order(3)
  void aMachineIsLaunched() throws Exception {
    String copy = done(client().launch(off, 50, "copy")).path("id").asText();
    assertThat(machine("copy").path("state").asText()).isEqualTo("ready");
    assertThat(in("virsh list --name")).contains("platen-" + copy);
    // The service is not root.
    assertThat(in("cat /var/lib/platen/machines/%s/identity".formatted(copy)))
        .contains("unchanged: the server does not run as root");
  }

  @Test
  @Order(4)
  void anUpgradeTakesUpTheCaptureThatRan() throws Exception {
    in("head -c 700M /dev/urandom >/srv/big.raw && chmod 600 /srv/big.raw");
    String adopted =
        in("platen machine adopt --disk /srv/big.raw --format raw --name big --let-read");
    var begun = client().capture(adopted.lines().toList().getLast(), "upgraded");
    String event = begun.path("event").path("id").asText();
    await("the capture to run")
        .atMost(LIMIT)
        .until(
            () -> client().get("/machine-events/" + event).ok().path("state").asText(),
            "in progress"::equals);
    install(NEWER);
    awaitActive();
    assertThat(in("dpkg-query -Wf '${Version}' platen")).isEqualTo(NEWER);
    assertThat(in("tail -n 1 /etc/platen/platen.yaml")).isEqualTo("# by the operator");
    done(begun);
    // Machines run on meanwhile.
    assertThat(machine("copy").path("state").asText()).isEqualTo("ready");
    // An older server could not read what the newer one wrote.
    var refused = guest.run(LIMIT, "dpkg --install platen_0.1.0_*.deb");
    assertThat(refused.status()).isNotZero();
    assertThat(refused.err()).contains("may not be able to read its database");
    awaitActive();
  }

  @Test
  @Order(5)
  void theHostBootsAgainAndPlatenWithIt() throws Exception {
    await("the caches to be made")
        .atMost(Duration.ofMinutes(40))
        .pollInterval(Duration.ofSeconds(10))
        .until(
            () -> guest.run(LIMIT, "systemctl is-active platen-train").out().strip(),
            "inactive"::equals);
    assertThat(in("ls /var/cache/platen")).contains("server.aot", "client.aot");
    var _ = guest.run(LIMIT, "systemctl reboot");
    guest.awaitOff();
    guest.bootAgain();
    awaitActive();
    assertThat(client().get("/custom-templates").ok().path("items").findValuesAsText("name"))
        .contains("running", "off", "upgraded");
    assertThat(machine("copy").path("state").asText()).isEqualTo("off");
    assertThat(in("cat /proc/$(systemctl show -P MainPID platen)/maps")).contains("server.aot");
  }

  @Test
  @Order(6)
  void dataOutlastsARemovalAndAPurgeThatNobodyConfirms() throws Exception {
    in("DEBIAN_FRONTEND=noninteractive apt-get remove -y -q platen 2>&1");
    assertThat(in("ls /var/lib/platen")).contains("platen.db");
    assertThat(guest.run(LIMIT, "systemctl is-active platen").out().strip()).isEqualTo("inactive");
    assertThat(in("DEBIAN_FRONTEND=noninteractive apt-get purge -y -q platen 2>&1"))
        .contains("/var/lib/platen and the user platen stay");
    assertThat(in("ls /var/lib/platen; getent passwd platen"))
        .contains("platen.db", "/var/lib/platen");
    assertThat(in("ls -d /etc/platen /var/cache/platen 2>/dev/null || true")).isEmpty();
  }

  @Test
  @Order(7)
  void aPurgeThatIsConfirmedLeavesNothing() throws Exception {
    in("echo platen platen/purge_data boolean true | debconf-set-selections");
    in("dpkg --unpack platen_%s_*.deb && dpkg --purge platen".formatted(NEWER));
    assertThat(
            in(
                "ls -d /var/lib/platen /usr/lib/platen /etc/platen 2>/dev/null; getent passwd platen || true"))
        .isEmpty();
    assertThat(in("virsh list --all --name").lines())
        .contains("old-box")
        .noneMatch(PackageGuestIT::isOwn);
  }

  private static boolean isOwn(String domain) {
    return domain.startsWith("platen-");
  }
}
