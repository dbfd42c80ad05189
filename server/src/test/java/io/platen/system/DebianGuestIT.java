package io.platen.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.platen.config.HypervisorSettings;
import io.platen.config.PublicIps;
import io.platen.hypervisor.Hypervisor;
import io.platen.support.Client;
import io.platen.support.MachineHost;
import io.platen.support.PrivateLibvirt;
import io.platen.support.TinyLinux;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A guest of the kind that people have: a Debian with cloud-init and an agent. */
class DebianGuestIT {
  private static MachineHost host;
  private static PrivateLibvirt libvirt;
  private static Client client;

  @BeforeAll
  static void start() throws Exception {
    host = MachineHost.get();
    libvirt = host.libvirt();
    client = host.client();
  }

  private static String address(String machine, String prefix) {
    return await("the address of " + machine)
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> client.get("/machines/" + machine).ok().path("privateIp").asText(""),
            ip -> ip.startsWith(prefix));
  }

  /**
   * Without rules of its own against what comes from elsewhere, the default network is as any host
   * beyond: what keeps a private network from it is the private network.
   */
  private static void openDefaultNetwork() throws Exception {
    Path xml =
        Files.writeString(
            host.root().resolve("open.xml"),
            """
            <network>
              <name>default</name><forward mode='open'/>
              <ip address='192.168.122.1' netmask='255.255.255.0'>
                <dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp>
              </ip>
            </network>
            """);
    var _ = libvirt.tried("net-destroy", "default");
    libvirt.virsh("net-undefine", "default");
    libvirt.virsh("net-define", xml.toString());
    libvirt.virsh("net-start", "default");
  }

  /** What an automatic shutdown goes by. */
  private static void assertUsersAreCounted(String domain) throws Exception {
    var hypervisor =
        new Hypervisor(
            new HypervisorSettings(
                HypervisorSettings.Mode.LIBVIRT,
                libvirt.uri(),
                "default",
                HypervisorSettings.Acceleration.AUTO,
                Duration.ofSeconds(60),
                Duration.ofSeconds(60),
                PublicIps.of("none")));
    assertThat(hypervisor.users(domain)).hasValue(0);
    long before = hypervisor.processorNanos(domain).orElseThrow();
    libvirt.virsh(
        "qemu-agent-command",
        domain,
        """
        {"execute": "guest-exec", "arguments": {"path": "/usr/bin/setsid",
          "arg": ["/sbin/agetty", "--autologin", "root", "tty5", "linux"]}}
        """);
    await("the user who logged in")
        .atMost(Duration.ofSeconds(60))
        .until(() -> hypervisor.users(domain).orElse(-1) == 1);
    assertThat(hypervisor.processorNanos(domain).orElseThrow()).isGreaterThan(before);
  }

  @Test
  void aDebianRunsItsStartupScriptOnItsPrivateNetworkAndIsFrozenByItsAgent() throws Exception {
    String debian = host.imported(TinyLinux.debian(), "debian");
    openDefaultNetwork();
    String lab = MachineHost.network(client, "lab", "East Coast (NY2)");
    String prefix = client.get("/private-networks/" + lab).ok().path("network").asText();
    assertThat(prefix).matches("10\\.2\\d\\d\\.\\d+\\.0");
    prefix = prefix.substring(0, prefix.length() - 1);
    var inside = host.create("inside", Map.of("networkId", lab));
    String outside = host.created("outside");
    String peer = client.awaitDone(inside).path("id").asText();
    String near = address(peer, prefix);
    String far = address(outside, "192.168.122.");
    assertThat(libvirt.reaches(near)).isTrue();
    assertThat(libvirt.reaches(far)).isTrue();

    // It even tries to go through its host.
    String text =
        """
        reach() {
          if busybox ping -c 1 -W 3 $1 >/dev/null 2>&1; then found="$found $2:answers"; else found="$found $2:silent"; fi
        }
        reach %1$s peer
        reach %2$s outside
        ip route add default via %3$s1
        reach %2$s outside-through-host
        echo "SCRIPT 'é' $(hostname)$found." >/dev/ttyS0
        """
            .formatted(near, far, prefix);
    String script =
        client
            .post("/startup-scripts", Map.of("name", "looks", "script", text, "isRunOnce", true))
            .ok()
            .path("id")
            .asText();
    String machine =
        client
            .awaitDone(
                host.create(
                    "A Debian",
                    Map.of(
                        "machineType",
                        "C3",
                        "templateId",
                        debian,
                        "networkId",
                        lab,
                        "startupScriptId",
                        script)))
            .path("id")
            .asText();
    // Some 40 s where it is emulated, on two idle cores.
    host.awaitConsole(machine, "SCRIPT 'é' a-debian ", Duration.ofMinutes(4));
    assertThat(host.console(machine))
        .contains("a-debian peer:answers outside:silent outside-through-host:silent.");
    assertThat(libvirt.reaches(far)).isTrue();

    await("its agent to answer")
        .atMost(Duration.ofSeconds(60))
        .until(() -> libvirt.tried("domfsinfo", MachineHost.domain(machine)).status() == 0);
    assertUsersAreCounted(MachineHost.domain(machine));
    var capture = client.capture(machine, "debian live");
    client.awaitDone(capture);
    assertThat(host.consistency(capture)).isEqualTo("agent");
    assertThat(host.freezeState(MachineHost.domain(machine))).contains("thawed");

    assertThat(
            client
                .delete("/private-networks/" + lab)
                .error(409, "CONFLICT")
                .path("message")
                .asText())
        .contains("2 machines");
    for (var some : List.of(machine, peer, outside)) {
      host.delete(some);
    }
    client.delete("/private-networks/" + lab).ok();
    assertThat(libvirt.virsh("net-list", "--all", "--name")).doesNotContain(lab);
  }
}
